"""What comments allow: a code, the lines on which a finding of that code is silent, and the reason.

An allow counts for the line it stands on; one that stands alone counts for the next line that is more than a comment,
too. What concerns a whole file is found at its very beginning, so an allow before the first statement counts for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qpsmtpd.dsl.syntax.tree import Span

_WHOLE_FILE = 0
"""The line that stands for a file as a whole."""


@dataclass(frozen=True, slots=True)
class Allow:
    """One code in an allow comment; `span` is the code itself. `head` says that no statement stands before it."""

    code: str
    span: Span
    reason: str
    lines: frozenset[int]
    head: bool = False

    @property
    def covered(self) -> Iterator[tuple[str, str, int]]:
        """Code, file and line of what it silences."""
        for line in (*self.lines, *([_WHOLE_FILE] if self.head else ())):
            yield self.code, self.span.file, line


def covering(code: str, span: Span) -> Iterator[tuple[str, str, int]]:
    """What an allow must cover, one or the other, to silence a finding of that code there."""
    yield code, span.file, span.line
    if (span.line, span.column, span.end_line, span.end_column) == (1, 1, 1, 1):
        yield code, span.file, _WHOLE_FILE
