"""Decides which lines form a block: the lines below a header that are indented further than it.

Tabs (Q104) and indentation that fits no block (Q105) are reported; such a line then counts as part of the nearest
block. Knows which words begin a header, nothing else of the grammar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.fix import Edit, Fix
from qpsmtpd.dsl.diagnostics.suggest import did_you_mean
from qpsmtpd.dsl.syntax.scan import DEPTH_LIMIT, Line
from qpsmtpd.dsl.syntax.tokens import Token
from qpsmtpd.dsl.syntax.tree import Span

TAB = 4
"""Columns that a tab counts for after it was reported."""

HEADERS = ("on", "if", "unless", "elif", "else", "unknown", "match", "case", "server", "listener", "policy", "test")
"""Words that begin the header of a block."""


@dataclass(slots=True)
class Placed:
    """A logical line and the block below it."""

    line: Line
    block: list[Placed] = field(default_factory=list)

    @property
    def tokens(self) -> list[Token]:
        return self.line.tokens


@dataclass(slots=True)
class _Level:
    width: int
    lines: list[Placed]
    mended: int = -1
    """A wrong indentation that was reported: the lines that share it belong here."""


def layout(lines: list[Line], findings: Findings) -> list[Placed]:
    """The lines at the left margin, each with its block."""
    _tabs(lines, findings)
    levels = [_Level(0, [])]
    for line in lines:
        placed = Placed(line)
        width = len(line.indent.expandtabs(TAB))
        _descend(levels, width)
        top = levels[-1]
        if width not in (top.width, top.mended):
            if width > top.width and _may_open(top, levels):
                top = _Level(width, top.lines[-1].block)
                levels.append(top)
            else:
                _misplaced(line, levels, findings)
                top.mended = width
        elif width == top.width:
            top.mended = -1
        top.lines.append(placed)
    return _ended(levels[0].lines, findings)


def _ended(lines: list[Placed], findings: Findings) -> list[Placed]:
    """`end` counts only as the last line; what follows an earlier one is reported, and read all the same."""
    kept = lines[-1:]
    for placed, follower in zip(lines[-2::-1], lines[:0:-1], strict=True):
        if [token.text for token in placed.tokens] != ["end"]:
            kept.append(placed)
        else:
            note = Note(placed.tokens[0].span, "`end` is here")
            what = follower.tokens[0].to(follower.tokens[-1])
            help = "remove it, or move `end` to the last line"
            findings.add("Q109", what, "this stands after `end`, which ends the file", help=help, notes=(note,))
    return kept[::-1]


def _descend(levels: list[_Level], width: int) -> None:
    """Leaves the blocks that the line stands outside of."""
    while len(levels) > 1 and width < levels[-1].width and width not in (levels[-1].mended,) and levels[-2].width >= width:
        levels.pop()


def _may_open(level: _Level, levels: list[_Level]) -> bool:
    return bool(level.lines) and len(levels) <= DEPTH_LIMIT and _is_header(level.lines[-1].tokens)


def _is_header(tokens: list[Token]) -> bool:
    word = first_word(tokens)
    return tokens[-1].type == "COLON" or word in HEADERS or did_you_mean(word, HEADERS) is not None


def first_word(tokens: list[Token]) -> str:
    """The word that says what a line is: what follows `@label` and `shadow`."""
    rest = iter(tokens)
    for token in rest:
        if token.type == "AT_SIGN":
            next(rest, None)
        elif token.type != "SHADOW":
            return token.text
    return tokens[-1].text


def _misplaced(line: Line, levels: list[_Level], findings: Findings) -> None:
    first = line.tokens[0]
    width = len(line.indent)
    span = Span(first.file, first.line, 1, first.line, max(width, 1) + 1)
    open_at = ", ".join(str(level.width) for level in levels)
    if len(levels) > DEPTH_LIMIT:
        findings.add("Q105", span, f"more than {DEPTH_LIMIT} blocks are open here", help="move what is inside to a `define`")
    elif width < levels[-1].width:
        allowed = f"the open blocks begin after {open_at} blanks"
        help = f"indent it by {levels[-1].width} blanks to stay in the block, by {levels[-2].width} to leave it"
        findings.add(
            "Q105", span, f"this line is indented by {width} blanks, and no block around it is", allowed=allowed, help=help
        )
    elif not levels[-1].lines and len(levels) == 1:
        findings.add("Q105", span, "the first statement is indented", help="begin it at the left margin")
    else:
        findings.add(
            "Q105",
            span,
            "this line is indented, but the line above it opens no block",
            why="only a line that ends in `:` has a block below it",
            help=f"indent it by {levels[-1].width} blanks, like the line above it",
        )


def _tabs(lines: list[Line], findings: Findings) -> None:
    """One finding for all tabs: whoever indents with tabs does so everywhere."""
    tabbed = [line for line in lines if "\t" in line.indent]
    if not tabbed:
        return
    first = tabbed[0].tokens[0]
    more = len(tabbed) - 1
    also = f" (and of {more} more line{'s' if more > 1 else ''})" if more else ""
    column = tabbed[0].indent.index("\t") + 1
    findings.add(
        "Q104",
        Span(first.file, first.line, column, first.line, len(tabbed[0].indent) + 1),
        f"there is a tab in the indentation of this line{also}",
        why="a tab is as wide as each editor likes, so the same text would show different blocks",
        help="indent with blanks, 4 for each block",
        fix=_blanks_for(tabbed) if _same_in_all_editors(lines) else None,
    )


def _same_in_all_editors(lines: list[Line]) -> bool:
    """True when the lines form the same blocks however wide a tab is."""
    return _outline(lines, 1) == _outline(lines, TAB) == _outline(lines, 8)


def _outline(lines: list[Line], tab: int) -> list[tuple[int, bool]]:
    """For each line the number of blocks that it stands in, and whether it begins one."""
    open_at = [0]
    outline = []
    for line in lines:
        width = len(line.indent.expandtabs(tab))
        while open_at[-1] > width:
            open_at.pop()
        deeper = open_at[-1] < width
        if deeper:
            open_at.append(width)
        outline.append((len(open_at), deeper))
    return outline


def _blanks_for(tabbed: list[Line]) -> Fix | None:
    """Blanks in the place of all tabs that indent; None when a line begins with something that is none of its tokens."""
    edits = []
    for line in tabbed:
        first, width = line.tokens[0], len(line.indent)
        if first.column != width + 1:
            return None
        edits.append(Edit(Span(first.file, first.line, 1, first.line, width + 1), line.indent.expandtabs(TAB)))
    return Fix(tuple(edits))


def walk(lines: list[Placed]) -> Iterator[Placed]:
    """Every line of the blocks, from top to bottom."""
    for placed in lines:
        yield placed
        yield from walk(placed.block)
