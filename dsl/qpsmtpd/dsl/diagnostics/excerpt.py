"""Shows a place of a rules file: the line, and below it a caret with an underline.

Control characters are written out, so that a file can do nothing to the terminal it is shown on; long lines are cut
around the caret. Knows nothing of findings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from qpsmtpd.dsl.syntax.tree import Span

WIDTH = 110
"""Columns of a line that are shown."""

TAB = "    "
_PERHAPS_ODD = re.compile(r"[^ -~]")


def visible(text: str) -> str:
    """The text with control characters written out."""
    return text if text.isprintable() else _PERHAPS_ODD.sub(lambda found: _shown(found[0]), text)


def excerpt(span: Span, lines: Sequence[str]) -> tuple[str, str, str] | None:
    """The line number, the line and the mark below it; None when the file has no such line."""
    if not 1 <= span.line <= len(lines):
        return None
    line = lines[span.line - 1].rstrip()
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    end = max(min(end, len(line)), start + 1)
    # of a very long line only what could be shown is looked at
    parts = line[max(start - WIDTH - 1, 0) : start], line[start : min(end, start + WIDTH + 1)], line[end : end + WIDTH + 1]
    before, marked, after = map(visible, parts)
    before, marked, after = _cut(before, marked, after)
    mark = " " * columns(before) + "^" + "~" * (columns(marked) - 1)
    return str(span.line), before + marked + after, mark


def _cut(before: str, marked: str, after: str) -> tuple[str, str, str]:
    """The three parts of a line, shortened where it is longer than `WIDTH`; the caret stays in sight."""
    if len(before) + len(marked) + len(after) <= WIDTH:
        return before, marked, after
    if len(marked) > WIDTH // 2:
        marked, after = marked[: WIDTH // 2] + "…", ""
    room = WIDTH - len(marked)
    left = max(room // 2, room - len(after))
    if len(before) > left:
        before = "…" + before[len(before) - left + 1 :]
    right = room - len(before)
    if len(after) > right:
        after = after[: max(right - 1, 0)] + "…"
    return before, marked, after


def _shown(character: str) -> str:
    if character == "\t":
        return TAB
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{{{ord(character):X}}}"
    return character


def columns(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)
