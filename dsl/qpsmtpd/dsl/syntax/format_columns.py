"""Decides in which column signs and comments of a formatted text stand.

What an author aligned stays aligned; what nobody aligned is not. Signs (`=`, `->`, what follows `case …:`) count as aligned in a
paragraph of a block when two of them shared a column that one of them needed more than one blank to reach: then all of them
stand in one column. Comments that shared a column in a paragraph go on sharing one: behind the longest line by two blanks where
they stood so, otherwise where they stood, if two blanks remain. A paragraph ends at a blank line.

Formatting the result again finds the same columns; each rule here keeps that true.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from qpsmtpd.dsl.syntax.format_rows import Row, Stop, width

BEFORE_COMMENT = 2
"""Blanks between code and its comment, at least."""

_Found = Sequence[tuple[Stop, int]]
"""The stops of a group, each with the column at which the text before it ends now."""


def text_of(rows: Sequence[Row]) -> str:
    """The formatted text."""
    codes = [" " * row.indent + row.code for row in rows]
    _put(codes, [row.sign for row in rows], [row.tail for row in rows], _sign_column)
    _put(codes, [row.place for row in rows], [row.comment for row in rows], _comment_column)
    return "".join(f"{line}\n" for line in _lines(rows, codes))


def _lines(rows: Sequence[Row], codes: Sequence[str]) -> Iterator[str]:
    for row, code in zip(rows, codes, strict=True):
        alone = row.comment and row.place is None
        yield code + row.comment if alone else code


def _put(codes: list[str], stops: Sequence[Stop | None], texts: Sequence[str], column_of: Callable[[_Found], int]) -> None:
    """Appends to each code its text, at the column of its group; a column of 0 is one blank."""
    groups: dict[tuple[object, ...], list[tuple[int, Stop, int]]] = defaultdict(list)
    for index, stop in enumerate(stops):
        if stop is not None:
            groups[stop.group].append((index, stop, width(codes[index].rpartition("\n")[2])))
    for members in groups.values():
        column = column_of([(stop, end) for _, stop, end in members])
        for index, _, end in members:
            codes[index] += " " * max(column - end, 1) + texts[index]


def _sign_column(found: _Found) -> int:
    """Where the signs of a paragraph stand; arrows may stand further away, as steps of a test are often written."""
    shared = Counter(stop.column for stop, _ in found)
    aligned = [stop.column for stop, _ in found if shared[stop.column] > 1 and stop.column - stop.end > 1]
    if not aligned:
        return 0
    if found[0][0].group[0] == "->":
        return _kept([(stop, end) for stop, end in found if stop.column == aligned[0]], found, 1)
    return max(end for _, end in found) + 1


def _comment_column(found: _Found) -> int:
    return _kept(found, found, BEFORE_COMMENT)


def _kept(shared: _Found, found: _Found, least: int) -> int:
    """Close behind the longest line, if those that shared a column stood so; otherwise that column, if it is far enough."""
    column = shared[0][0].column
    nearest = max(end for _, end in found) + least
    stood_close = column - max(stop.end for stop, _ in shared) <= least
    return nearest if stood_close else max(column, nearest)
