"""Decides what the words of a line are called in the grammar.

A keyword is a keyword only where the grammar can use it (read.py asks the table); this file says which words and signs have
a name of their own at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from qpsmtpd.dsl.syntax.tree import Span


class Token(NamedTuple):
    """A word, sign or literal with its place: lines and columns from 1, the end exclusive.

    `type` is its terminal; BAD is none, so no line with such a token parses. `value` is a literal's value.
    """

    type: str
    text: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    value: Any = None

    @property
    def span(self) -> Span:
        return Span(self.file, self.line, self.column, self.end_line, self.end_column)

    def to(self, last: Token) -> Span:
        """The span from this token to the end of another."""
        return Span(self.file, self.line, self.column, last.end_line, last.end_column)


VERBS = ("accept", "deny", "defer", "discard", "quarantine", "reply", "enforce", "skip", "pass")

STATEMENT_WORDS = ("if", "unless", "elif", "else", "unknown", "match", "case", "let", "shadow")
"""Keywords that begin a line inside a block, besides the verdicts."""

TOP_WORDS = ("use", "server", "listener", "let", "var", "define", "policy", "apply", "on", "shadow", "require", "test", "end")
"""Keywords that begin a line at the left margin."""

_INSIDE = ("and", "or", "not", "as", "at", "before", "by", "per", "given", "expect", "fails", "fired")

KEYWORDS: Mapping[str, str] = {
    **{word: word.upper() for word in (*STATEMENT_WORDS, *TOP_WORDS, *_INSIDE)},
    **dict.fromkeys(VERBS, "VERB"),
    **dict.fromkeys(("if", "unless"), "COND"),
    "in": "IN",
    "matches": "MATCHES",
    "true": "TRUE",
    "false": "FALSE",
}
"""The terminal of each reserved word; `and disconnect`, `not in` and `not matches` are one token each."""

SIGNS: Mapping[str, str] = {
    "->": "ARROW",
    "<>": "NULL_SENDER",
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), "CMP"),
    "+=": "PLUS_ASSIGN",
    "-=": "MINUS_ASSIGN",
    "??": "DEFAULT",
    "+": "PLUS",
    "-": "MINUS",
    "=": "EQUAL",
    "@": "AT_SIGN",
    "?": "QUESTION",
    "/": "SLASH",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
    ":": "COLON",
    ",": "COMMA",
    ".": "DOT",
}

OPENING: Mapping[str, str] = {"(": ")", "[": "]", "{": "}"}
"""Each opening bracket with its closing one."""
