"""A repair of the text that is surely meant, as a value; and how edits are chosen, made and told.

Only repairs that keep the meaning, or that everybody would read in the same way, are values of this kind: rules run on
a live mail server. All edits of a fix are made or none; two fixes that touch are not made at once. Knows no file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from qpsmtpd.dsl.diagnostics.suggest import unmistakable
from qpsmtpd.dsl.syntax.tree import Span

TOLD = 3
"""Edits of one fix that are told one by one."""


@dataclass(frozen=True, slots=True)
class Edit:
    """New text in the place of a span; an empty span is a place to insert at."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The edits that mend what a finding tells."""

    edits: tuple[Edit, ...]


def respelt(span: Span, word: str, candidates: Collection[str], besides: Iterable[str] = ()) -> Fix | None:
    """The fix for a misspelt word of a closed list; None unless it is unmistakable which one is meant.

    `besides` are words that may be meant too, but cannot stand there.
    """
    meant = unmistakable(word, {*candidates, *besides})
    return Fix((Edit(span, meant),)) if meant is not None and meant in candidates else None


def chosen(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes that can be made at once: of two that touch, the one that comes first."""
    taken: dict[tuple[str, int], list[Span]] = {}
    made = []
    for fix in fixes:
        places = [((edit.span.file, line), edit.span) for edit in fix.edits for line in _lines(edit.span)]
        if not any(_touch(span, other) for place, span in places for other in taken.get(place, ())):
            made.append(fix)
            for place, span in places:
                taken.setdefault(place, []).append(span)
    return made


def _lines(span: Span) -> range:
    return range(span.line, span.end_line + 1)


def _touch(one: Span, other: Span) -> bool:
    """True when two spans share a character, or are neighbours on a line; whole lines may be neighbours."""
    if _end(one) == _start(other) or _end(other) == _start(one):
        return min(one.end_column, other.end_column) > 1
    return _start(one) < _end(other) and _start(other) < _end(one)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap; their places are those of the text as it was."""
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: _start(edit.span)):
        begin, end = (min(starts[line - 1] + column - 1, len(text)) for line, column in (_start(edit.span), _end(edit.span)))
        parts += [text[done:begin], edit.text]
        done = end
    return "".join((*parts, text[done:]))


def described(fix: Fix, lines: Sequence[str]) -> str:
    """What the edits of a fix do, in words; `lines` are those of the file before."""
    if len(fix.edits) > TOLD:
        return f"{len(fix.edits)} places of the file are changed"
    return ", ".join(_described(edit, lines) for edit in fix.edits)


def _described(edit: Edit, lines: Sequence[str]) -> str:
    span, new = edit.span, edit.text.strip()
    if span.end_line != span.line:
        return f"line {span.line} is left out"
    old = lines[span.line - 1][span.column - 1 : span.end_column - 1].strip() if span.line <= len(lines) else ""
    if not old and not new:
        return "its blanks are changed"
    if not new:
        return f"`{old}` is left out"
    return f"`{old}` becomes `{new}`" if old else f"`{new}` is put in"


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column
