"""Explains a line that does not parse, in the operator's words.

The slips that people make are tried in order; the first that recognises the line explains it. What the grammar would
accept is never listed: it is made of our words, not the operator's.
"""

from __future__ import annotations

from collections.abc import Callable

from qpsmtpd.dsl.diagnostics.suggest import did_you_mean
from qpsmtpd.dsl.syntax import slip_lines, slip_signs, slip_words
from qpsmtpd.dsl.syntax.layout import HEADERS, first_word
from qpsmtpd.dsl.syntax.slip import Failure, Slip
from qpsmtpd.dsl.syntax.tokens import Token

_SLIPS: tuple[Callable[[Failure], Slip | None], ...] = (
    slip_signs.sign,
    slip_signs.address,
    slip_signs.mailbox,
    slip_signs.counted_up,
    slip_signs.braces,
    slip_signs.round_list,
    slip_lines.empty_block,
    slip_lines.one_line_if,
    slip_lines.block_on_line,
    slip_words.else_if,
    slip_signs.equals,
    slip_words.needless,
    slip_words.loop,
    slip_words.setting,
    slip_words.branch,
    slip_words.top_word,
    slip_words.nested,
    slip_lines.condition_behind,
    slip_lines.hooks_in_a_row,
    slip_lines.verdict_order,
    slip_lines.unquoted,
    slip_lines.no_code,
    slip_words.inner_word,
    slip_lines.no_colon,
    slip_lines.no_action,
    slip_lines.needless_block,
    slip_signs.chained,
    slip_signs.closing,
)

_WANTED = {
    "COLON": "a `:`",
    "EQUAL": "`=`",
    "NAME": "a name",
    "STRING": "a text between quotes",
    "LPAR": "`(`",
    "PER": "`per connection` or `per transaction`",
    "BEFORE": "`before` and a hook",
    "TIME": "a time like 2026-01-31T12:00:00Z",
    "INDENT": "an indented block",
}
"""What is said when only one thing can stand in a place."""

_BLOCKS = {
    **dict.fromkeys(HEADERS, "BROKEN_BLOCK"),
    "match": "BROKEN_MATCH",
    "server": "BROKEN_SETTINGS",
    "listener": "BROKEN_SETTINGS",
    "test": "BROKEN_TEST",
    "policy": "BROKEN_POLICY",
}


def explain(failure: Failure) -> Slip:
    """What is wrong with the line."""
    for recognise in _SLIPS:
        slip = recognise(failure)
        if slip is not None:
            return slip
    return _general(failure)


def _general(f: Failure) -> Slip:
    wanted = _WANTED.get(next(iter(f.accepted))) if len(f.accepted) == 1 else None
    help = f"{wanted} is wanted here" if wanted else ""
    before = f.before
    if f.ended and before is not None:
        return Slip("Q101", before.span, f"something is missing after `{before.text}`", help=help, general=True)
    text = f.token.text
    if before is None:
        return Slip("Q101", f.token.span, f"`{text}` cannot begin a line here", help=help, general=True)
    return Slip("Q101", f.token.span, f"`{text}` cannot stand after `{before.text}`", help=help, general=True)


def block_of(tokens: list[Token]) -> str | None:
    """The terminal that stands for a refused header, by the kind of block it has; None when the kind is not plain."""
    word = first_word(tokens)
    return _BLOCKS.get(word) or _BLOCKS.get(did_you_mean(word, HEADERS) or "")
