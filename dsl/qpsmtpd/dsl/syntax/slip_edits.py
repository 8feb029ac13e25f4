"""What to change in the text so that a line reads as it was mended: the difference between its tokens, as edits.

Blanks around what is changed are kept, put in where words would run together, and taken away with what they stood
before. A change that reaches over the end of a line is none: there could be a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from qpsmtpd.dsl.diagnostics.fix import Edit, Fix
from qpsmtpd.dsl.syntax.slip import written
from qpsmtpd.dsl.syntax.tokens import Token
from qpsmtpd.dsl.syntax.tree import Span

_OPENING = frozenset("([{@.")
_CLOSING = frozenset(")]}.,:")
_APART = frozenset({"=", "==", "!=", "+=", "-=", "and", "or", "not"})


def fix_of(tokens: Sequence[Token], mended: Sequence[Token], original: Sequence[Token]) -> Fix | None:
    """The fix that turns a line into another; None when that cannot be done on one line of text, or nothing changes.

    `original` are the tokens as they were written: an earlier mistake may have left some out, which are not to be lost.
    """
    edits = [*_edits(tokens, mended)]
    known = {(token.line, token.column) for token in tokens}
    lost = [token for token in original if (token.line, token.column) not in known]
    safe = all(edit.span.line == edit.span.end_line and not any(_in(token, edit.span) for token in lost) for edit in edits)
    return Fix(tuple(edits)) if edits and safe else None


def _in(token: Token, span: Span) -> bool:
    return (span.line, span.column) <= (token.line, token.column) < (span.end_line, span.end_column)


def _edits(tokens: Sequence[Token], mended: Sequence[Token]) -> Iterator[Edit]:
    for tag, start, stop, new_start, new_stop in SequenceMatcher(None, tokens, mended, autojunk=False).get_opcodes():
        if tag != "equal":
            before, old, after = tokens[max(start - 1, 0) : start], tokens[start:stop], tokens[stop : stop + 1]
            if old:
                before = [token for token in before if token.end_line == old[0].line]
                after = [token for token in after if token.line == old[-1].end_line]
            elif before and after and before[0].end_line != after[0].line:
                after = []
            yield _edit(before, old, after, mended[new_start:new_stop])


def _edit(before: Sequence[Token], old: Sequence[Token], after: Sequence[Token], new: Sequence[Token]) -> Edit:
    """One change; `before` and `after` are the tokens that stay beside it, if there are any."""
    around = [*before, *old, *after]
    gap = _apart(around[0], around[1]) if before and around[1:] else False
    other_gap = _apart(around[-2], around[-1]) if after and around[1:] else False
    if new:
        left = " " * (bool(before) and _blank(before[0], new[0], gap))
        right = " " * (bool(after) and _blank(new[-1], after[0], other_gap))
        text = left + written(list(new)) + right
    else:
        text = " " * (bool(before and after) and _blank(before[0], after[0], gap or other_gap))
    first, last = around[0], around[-1]
    line, column = (first.end_line, first.end_column) if before else (first.line, first.column)
    end_line, end_column = (last.line, last.column) if after else (last.end_line, last.end_column)
    return Edit(Span(first.file, line, column, end_line, end_column), text)


def _apart(one: Token, other: Token) -> bool:
    return (one.end_line, one.end_column) != (other.line, other.column)


def _blank(one: Token, other: Token, gap: bool) -> bool:
    """True when a blank is wanted between two tokens; `gap` says that there was one."""
    if gap:
        return other.text not in (",", ":")
    if one.text in _OPENING or other.text in _CLOSING:
        return False
    together = _word(one.text[-1:]) and _word(other.text[:1])
    return together or one.text in _APART or other.text in _APART


def _word(character: str) -> bool:
    return character.isalnum() or character in ("_", '"')
