"""What is known of a line that does not parse, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.fix import Fix
from qpsmtpd.dsl.syntax.layout import first_word
from qpsmtpd.dsl.syntax.tokens import Token
from qpsmtpd.dsl.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a line stopped to parse: at `tokens[index]`, or behind the last one (then `token` is NL or INDENT).

    `accepted` are the terminals that could stand there; `block` says that lines hang below this one; `follower` is
    the first word of the next line of the same block.
    """

    tokens: list[Token]
    index: int
    token: Token
    accepted: frozenset[str]
    block: bool
    follower: str = ""

    @property
    def before(self) -> Token | None:
        """The token before the one that cannot stand."""
        return self.tokens[self.index - 1] if self.index > 0 else None

    @property
    def ended(self) -> bool:
        """True when the line is over too early."""
        return self.index >= len(self.tokens)

    @property
    def word(self) -> str:
        """The word that says what the line is."""
        return first_word(self.tokens)

    @property
    def conditional(self) -> bool:
        """True when `if`, `unless` or `elif` stands before the place."""
        return any(token.type in ("COND", "ELIF") for token in self.tokens[: self.index])

    def replaced(self, *tokens: Token, at: int | None = None, count: int = 1) -> list[Token]:
        """The line with other tokens in place of `count` of its own."""
        start = self.index if at is None else at
        return [*self.tokens[:start], *tokens, *self.tokens[start + count :]]


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with a line, and the line to read in its place, when what was meant is plain.

    `general` marks the explanation of last resort: it is not given for a line that already has another. `sure` says that
    the line to read in its place is what everybody would take it for, so that the text may be changed to it.
    """

    code: str
    span: Span
    message: str
    why: str = ""
    allowed: str = ""
    help: str = ""
    mended: list[Token] | None = None
    general: bool = False
    sure: bool = False

    def report(self, findings: Findings, fix: Fix | None = None) -> None:
        findings.add(self.code, self.span, self.message, why=self.why, allowed=self.allowed, help=self.help, fix=fix)


def like(token: Token, terminal: str, text: str, value: object = None) -> Token:
    """Another token in the place of one."""
    return token._replace(type=terminal, text=text, value=value)


def written(tokens: list[Token]) -> str:
    """Tokens as an operator would write them."""
    line = ""
    for before, token in zip([None, *tokens], tokens, strict=False):
        apart = before is not None and (before.end_line, before.end_column) != (token.line, token.column)
        if apart or (line[-1:].isalnum() and token.text[:1].isalnum()):
            line += " "
        line += token.text
    return line
