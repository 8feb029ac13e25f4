"""The lines of a data file, as qpsmtpd reads them: one entry a line, blank lines and lines starting with `#` are skipped.

Knows nothing of what an entry means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def entries(text: str) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and entry, without surrounding blanks and without a `# comment` behind it."""
    # a list of the lines would take several times the memory of the text
    for number, line in enumerate(_LINE.finditer(text.removeprefix("\ufeff")), 1):
        entry = line[0].strip()
        if "#" in entry:
            entry = _without_comment(entry)
        if entry:
            yield number, entry


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Line number and column (from 1) of the `#` of each comment."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        start = _comment(line) if "#" in line else -1
        if start >= 0:
            yield number, start + 1


def _without_comment(entry: str) -> str:
    start = _comment(entry)
    return entry if start < 0 else entry[:start].rstrip()


def _comment(line: str) -> int:
    """Where a comment begins, -1 where none does: at the start or after a blank only, `#` is a legal character of a local part."""
    if line.lstrip().startswith("#"):
        return line.index("#")
    found = [at for at in (line.find(" #"), line.find("\t#")) if at >= 0]
    return min(found) + 1 if found else -1
