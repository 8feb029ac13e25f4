"""What comments allow: a code, the lines on which a finding of that code is silent, and the reason.

An allow counts for the line it stands on; one that stands alone counts for the next line that is more than a comment,
too. What concerns a whole file is found at its very beginning, so an allow before the first statement counts for that.
"""

from __future__ import annotations

from dataclasses import dataclass

from qpsmtpd.dsl.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Allow:
    """One code in an allow comment; `span` is the code itself. `head` says that no statement stands before it."""

    code: str
    span: Span
    reason: str
    lines: frozenset[int]
    head: bool = False

    def covers(self, code: str, span: Span) -> bool:
        """True when a finding of that code there is silent."""
        if code != self.code or span.file != self.span.file:
            return False
        return span.line in self.lines or (self.head and _whole_file(span))


def _whole_file(span: Span) -> bool:
    return (span.line, span.column, span.end_line, span.end_column) == (1, 1, 1, 1)
