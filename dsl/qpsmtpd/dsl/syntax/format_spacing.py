"""Decides which tokens of a line stand apart: one blank, or none.

One blank around operators, `=` and `->`, behind commas and colons, and inside the braces of a map; none inside round and
square brackets, around dots and the slashes of a path, and behind a sign, `@` or the name of what is called. Knows
tokens whose keywords are told from names, nothing of lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from qpsmtpd.dsl.syntax.tokens import Token

OPERANDS = frozenset(
    {"NAME", "STRING", "NUMBER", "CODE", "RATE", "DURATION", "SIZE", "PATTERN", "NULL_SENDER", "TRUE", "FALSE", "IP"}
    | {"RPAR", "RSQB", "RBRACE"}
)
"""What an operand ends with: a bracket behind it calls or indexes, a `-` subtracts."""

_NOTHING_BEHIND = frozenset({"LPAR", "LSQB", "DOT", "SLASH", "AT_SIGN"})
_NOTHING_BEFORE = frozenset({"RPAR", "RSQB", "DOT", "SLASH", "COMMA", "COLON", "QUESTION"})


def spaced(tokens: Sequence[Token]) -> Iterator[str]:
    """The tokens of a logical line as they are written, each with the blank that belongs before it."""
    yield _written(tokens[0])
    operand = False
    for before, after in pairwise(tokens):
        negates = before.type == "MINUS" and not operand
        operand = before.type in OPERANDS
        yield _written(after) if negates or _together(before, after, operand) else " " + _written(after)


def _together(before: Token, after: Token, operand: bool) -> bool:
    if after.type == "DOT":
        return not before.text[0].isdigit()  # `5.x` would be a number gone wrong
    if after.type in ("LPAR", "LSQB"):
        return operand or before.type in _NOTHING_BEHIND
    empty = before.type == "LBRACE" and after.type == "RBRACE"
    return empty or before.type in _NOTHING_BEHIND or after.type in _NOTHING_BEFORE


def _written(token: Token) -> str:
    """A token's text; `and  disconnect`, `not  in` and `not  matches` are one token of two words."""
    return " ".join(token.text.split()) if token.type in ("DISCONNECT", "NOT_IN", "NOT_MATCHES") else token.text
