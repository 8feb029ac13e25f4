"""Explains a line that does not parse, in the operator's words."""

from __future__ import annotations

from dataclasses import dataclass

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.tokens import Token


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a line stopped to parse: at `tokens[index]`, or behind the last one; `block` says that lines hang below it."""

    tokens: list[Token]
    index: int
    token: Token
    accepted: frozenset[str]
    block: bool


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with a line, and the tokens to read in its place."""

    token: Token
    mended: list[Token] | None = None
    general: bool = True

    def report(self, findings: Findings) -> None:
        text = f"`{self.token.text}` cannot stand here" if self.token.text else "This line is not complete"
        findings.add("Q101", self.token.span, text)


def explain(failure: Failure) -> Slip:
    return Slip(failure.token)


def block_of(tokens: list[Token]) -> str | None:
    """The terminal that stands for a refused header of such a block."""
    return "BROKEN_BLOCK" if tokens else None
