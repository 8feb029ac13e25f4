"""Takes laid-out lines apart into rows: what stands on each line of the formatted text, and how deep.

Where lines break is the author's: nothing is joined, nothing is split. Each block is 4 blanks deeper than its header. A
line that goes on inside brackets does so one step deeper than the row with the opening bracket, one that begins with
the closing bracket as deep as that row; in a header whose block would look like more of it, two steps. A comment on its
own stands as deep as the statement below it, or, at the end of a block, as deep as the block that its author put it
in. Of several blank lines two stay; none at the start and the end of the file.

Notes which rows might be aligned and where the author had put what; format_columns.py decides about that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.diagnostics.excerpt import columns
from qpsmtpd.dsl.syntax.format_spacing import spaced
from qpsmtpd.dsl.syntax.layout import TAB, Placed
from qpsmtpd.dsl.syntax.tokens import OPENING, SIGNS, Token

STEP = 4
BLANK_LINES = 2

_OPENS = frozenset(SIGNS[sign] for sign in OPENING)
_CLOSES = frozenset(SIGNS[sign] for sign in OPENING.values())


@dataclass(frozen=True, slots=True)
class Stop:
    """A place in a row that may stand in one column with its like in other rows of the same group.

    `column` is where it stood in the text, `end` where what is before it ended, both counted from 0.
    """

    group: tuple[object, ...]
    column: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the formatted text: `code`, then `tail` at the stop `sign`, then `comment` at the stop `place`.

    Without `sign` there is no tail; a comment on its own has no place but the indentation. All empty is a blank line.
    """

    indent: int = 0
    code: str = ""
    sign: Stop | None = None
    tail: str = ""
    comment: str = ""
    place: Stop | None = None


def rows(lines: Sequence[str], placed: Sequence[Placed], names: set[tuple[int, int]]) -> list[Row]:
    """The rows of a text: its `lines` as they are, and as layout has placed them; `names` are keywords read as names."""
    taken = _Rows(lines, names)
    for line, depth, block in _flat(placed, 0, itertools.count()):
        taken.add(line, depth, block)
    return taken.finished()


def _flat(placed: Sequence[Placed], depth: int, numbers: Iterator[int]) -> Iterator[tuple[Placed, int, int]]:
    """Every line with its depth and the number of the block that it stands in."""
    block = next(numbers)
    for line in placed:
        yield line, depth, block
        if line.block:
            yield from _flat(line.block, depth + 1, numbers)


class _Rows:
    """The rows found so far."""

    def __init__(self, lines: Sequence[str], names: set[tuple[int, int]]) -> None:
        self._lines = lines
        self._names = names
        self._rows: list[Row] = []
        self._done = 0
        """The number of the last line that is in the rows."""
        self._blank = 0
        self._paragraph = 0
        self._widths: list[int] = []
        """How far the block that is open at each depth was indented."""

    def add(self, placed: Placed, depth: int, block: int) -> None:
        """Adds a logical line and the comments and blank lines above it."""
        tokens = [t._replace(type="NAME") if (t.line, t.column) in self._names else t for t in placed.tokens]
        self._between(tokens[0].line, depth)
        self._widths[depth:] = [tokens[0].column - 1]
        words = list(spaced(tokens))
        sign, at = _sign(tokens)
        start = 0
        for part, (above, level) in _parts(tokens, headed=bool(placed.block)):
            self._between(part[0].line, depth + above, inside=True)
            stop = start + len(part)
            cut = at if start == 0 < at < stop and part[at - 1].end_line == part[0].line else stop
            self._rows.append(
                Row(
                    STEP * (depth + level),
                    "".join(words[start:cut]).lstrip(" "),
                    self._stop(part[at - 1], part[at].column, sign, block) if cut < stop else None,
                    "".join(words[cut:stop]).lstrip(" "),
                    *self._comment_behind(part[-1]),
                )
            )
            start = stop

    def finished(self) -> list[Row]:
        """All rows, those below the last statement included."""
        self._between(len(self._lines) + 1, 0)
        return self._rows

    def _between(self, line: int, depth: int, *, inside: bool = False) -> None:
        """Adds the comments and blank lines above a line; `inside` says that a bracket is open there."""
        for number in range(self._done + 1, line):
            text = self._lines[number - 1]
            comment = text.strip(" \t")
            if not comment:
                self._blank += 1
                continue
            own = depth if inside else self._depth_of(width(text[: text.index("#")]), depth)
            self._break()
            self._rows.append(Row(STEP * own, comment=comment))
        self._done = max(self._done, line - 1)
        if line <= len(self._lines):
            self._break()

    def _break(self) -> None:
        """Adds the blank lines that were found before a row."""
        if self._blank and self._rows:
            self._rows += [Row()] * min(self._blank, BLANK_LINES)
            self._paragraph += 1
        self._blank = 0

    def _depth_of(self, width: int, below: int) -> int:
        """How deep a comment stands that was indented so far, above a statement of the depth `below`."""
        fitting = (depth for depth in range(len(self._widths) - 1, below, -1) if self._widths[depth] <= width)
        return next(fitting, below)

    def _stop(self, before: Token, column: int, *group: object) -> Stop:
        line = self._lines[before.end_line - 1]
        return Stop((*group, self._paragraph), width(line[: column - 1]), width(line[: before.end_column - 1]))

    def _comment_behind(self, last: Token) -> tuple[str, Stop | None]:
        self._done = last.end_line
        line = self._lines[last.end_line - 1]
        start = line.find("#", last.end_column - 1)
        if start < 0:
            return "", None
        return line[start:].rstrip(" \t"), self._stop(last, start + 1, "#", width(line[:start]))


def width(text: str) -> int:
    """Columns that a text takes from the left margin on."""
    return columns(text.expandtabs(TAB))


def _sign(tokens: Sequence[Token]) -> tuple[str, int]:
    """The kind of what authors align in such a line, and which token it is; 0 for none."""
    first = tokens[0].type
    if first in ("LET", "VAR", "DEFINE", "GIVEN"):
        return first, _outside(tokens, "EQUAL")
    if first in ("CASE", "ELSE"):
        return ":", _outside(tokens, "COLON") + 1
    if len(tokens) > 1 and tokens[1].type in ("EQUAL", "PLUS_ASSIGN", "MINUS_ASSIGN"):
        return "=", 1
    return "->", _outside(tokens, "ARROW") if first == "NAME" else 0


def _outside(tokens: Sequence[Token], terminal: str) -> int:
    """The first such token that is in no bracket; 0 for none."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.type in _OPENS:
            depth += 1
        elif token.type in _CLOSES:
            depth -= 1
        elif depth == 0 and token.type == terminal:
            return index
    return 0


def _parts(tokens: list[Token], *, headed: bool) -> Iterator[tuple[list[Token], tuple[int, int]]]:
    """The tokens of each row, and how many steps deeper than the statement comments above it and it itself stand."""
    parts = [[tokens[0]]]
    for before, token in itertools.pairwise(tokens):
        if token.line > before.end_line:
            parts.append([])
        parts[-1].append(token)
    first = 2 if headed and parts[-1][0].type not in _CLOSES else 1
    opened: list[int] = []
    for part in parts:
        above = level = (opened[-1] + 1 if opened[-1] else first) if opened else 0
        closing = sum(1 for _ in itertools.takewhile(lambda token: token.type in _CLOSES, part))
        if closing:
            level = opened[-closing]
        for token in part:
            if token.type in _OPENS:
                opened.append(level)
            elif token.type in _CLOSES:
                opened.pop()
        yield part, (above, level)
