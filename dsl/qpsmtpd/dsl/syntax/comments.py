"""Finds the comments of a rules file: each begins with the first `#` of its line that stands in no token.

The scanner has said what the tokens are, so a `#` inside a text or pattern begins no comment. Knows nothing of what a
comment says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qpsmtpd.dsl.syntax.scan import Line
from qpsmtpd.dsl.syntax.tree import Span


class Comment(NamedTuple):
    """A comment from its `#` to the end of its line; `alone` says that nothing stands before it."""

    file: str
    line: int
    column: int
    text: str
    alone: bool

    def part(self, start: int, end: int) -> Span:
        """The place of some characters of the text, counted from 0."""
        return Span(self.file, self.line, self.column + start, self.line, self.column + end)

    @classmethod
    def at(cls, file: str, line: int, column: int, written: str) -> Comment:
        """The comment that begins in that column of a line, whose text is `written`."""
        return cls(file, line, column, written[column - 1 :].rstrip(), not written[: column - 1].strip())


def comments(file: str, written: Sequence[str], logical: Sequence[Line]) -> Iterator[Comment]:
    """The comments in the lines of a file, from top to bottom; `logical` is what the scanner made of them."""
    texts = _texts(logical)
    for number, line in enumerate(written, 1):
        at = line.find("#")
        while at >= 0 and any(start <= at < end for start, end in texts.get(number, ())):
            at = line.find("#", at + 1)
        if at >= 0:
            yield Comment.at(file, number, at + 1, line)


def _texts(logical: Sequence[Line]) -> dict[int, list[tuple[int, int]]]:
    """By line: from where to where a `#` belongs to a token."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for token in (token for line in logical for token in line.tokens if "#" in token.text):
        for number in range(token.line, token.end_line + 1):
            start = token.column - 1 if number == token.line else 0
            end = token.end_column - 1 if number == token.end_line else len(token.text)
            found[number].append((start, end))
    return found
