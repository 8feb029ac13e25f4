"""Chapters and pages as text for a terminal of some width: no marks of Markdown, tables in columns, long lines folded."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, Sample, Table, table

_GAP = 2
_INDENT = 2
_NARROWEST = 20
"""Fewer characters than this for the widest column of a table, and its cells are printed one below the other."""

_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(`[^`]*`)|(?<![\w*`])\*(\S(?:[^*`]*\S)?)\*(?![\w*])")
_WHOLE_CODE = re.compile(r"`([^`]*)`")
_CODE_ALONE = re.compile(r"(?:\[?`[^`]*`(?:\]\([^)]*\))?|[ ,()]|\bto\b)*")


def overview(chapter: Chapter, width: int) -> str:
    """The overview of a chapter."""
    return _joined([chapter.title.upper(), *_parts(chapter.overview, width)])


def page(of: Page, width: int) -> str:
    """One page, with its name on the left and what it is on the right."""
    head = f"{of.name}{of.kind:>{max(width - len(of.name), len(of.kind) + _GAP)}}"
    return _joined([head, *_parts(of.parts, width)])


def topics(manual: Sequence[Chapter], width: int) -> str:
    """Every page by its name and meaning, chapter by chapter."""
    also = ", ".join(each.name for each in manual)
    parts = [_folded(f"`qpsmtpd doc NAME` prints the page of one of these names, or the overview of a chapter: {also}.", width)]
    for each in filter(lambda chapter: chapter.pages, manual):
        rows = table(["", ""], ([page.name, page.summary] for page in each.pages))
        parts.append(f"{each.title.upper()}\n{_table(rows, width)}")
    return _joined(parts)


def plain(text: str) -> str:
    """A text without its links and emphasis; one that is code from end to end, without its backticks."""
    bare = _EMPHASIS.sub(r"\1\2", _LINK.sub(r"\1", text))
    whole = _WHOLE_CODE.fullmatch(bare)
    return whole[1] if whole else bare


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _parts(parts: Iterable[Part], width: int) -> list[str]:
    return [_part(part, width) for part in parts]


def _part(part: Part, width: int) -> str:
    match part:
        case Prose(text=text):
            return "\n\n".join(_folded(plain(" ".join(each.split())), width) for each in text.split("\n\n"))
        case Heading(text=text):
            return text.upper()
        case Table():
            return _table(part, width)
        case Sample(text=text):
            return textwrap.indent(text, " " * (2 * _INDENT))


def _folded(text: str, width: int) -> str:
    """The text in lines of that width; a word that is longer keeps its length, so that it can be copied."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def _table(of: Table, width: int) -> str:
    head = [_cell(title) if "`" in title else title.upper() for title in of.head]
    rows = [[_cell(cell) for cell in row] for row in of.rows]
    lines = [head, *rows] if any(head) else rows
    natural = [max(map(len, column)) for column in zip(*lines, strict=True)]
    widths = _fitting(natural, width - _INDENT - _GAP * (len(natural) - 1))
    entries = _columns(lines, widths) if widths else _entries(head, rows, width - 3 * _INDENT)
    return textwrap.indent("\n".join(entries), " " * _INDENT)


def _cell(text: str) -> str:
    """A cell without its marks where it is made of code alone: `mail` to `queue`."""
    return plain(text).replace("`", "") if _CODE_ALONE.fullmatch(text) else plain(text)


def _fitting(natural: Sequence[int], room: int) -> list[int]:
    """Widths of columns that have room side by side, the widest ones narrowed; none where they would be too narrow."""
    widths = list(natural)
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
        if widths[widest] < _NARROWEST:
            return []
    return widths


def _columns(lines: Iterable[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for line in lines:
        cells = [_folded(cell, size).split("\n") for cell, size in zip(line, widths, strict=True)]
        for row in zip_longest(*cells, fillvalue=""):
            yield (" " * _GAP).join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip()


def _entries(head: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
    """Each row as a line with its first cell, and the others below it, each behind its title."""
    for first, *others in rows:
        yield _folded(first, width)
        for title, cell in zip(head[1:], others, strict=True):
            if cell:
                yield textwrap.indent(_folded(f"{title}: {cell}" if title else cell, width), " " * (2 * _INDENT))
