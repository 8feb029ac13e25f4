"""The lines of a data file, as qpsmtpd reads them: one entry a line, blank lines and lines starting with `#` are skipped.

Knows nothing of what an entry means.
"""

from __future__ import annotations

from collections.abc import Iterator


def entries(text: str) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and entry, without surrounding blanks and without a `# comment` behind it."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        entry = line.strip()
        if "#" in entry:
            entry = _without_comment(entry)
        if entry:
            yield number, entry


def _without_comment(entry: str) -> str:
    """A `#` begins a comment at the start or after a blank only: it is a legal character of a local part."""
    if entry.startswith("#"):
        return ""
    for blank in (" #", "\t#"):
        entry = entry.split(blank, 1)[0]
    return entry.rstrip()
