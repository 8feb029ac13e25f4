"""Decides what to say of the parts of the language that this version reads but does not run yet."""

from __future__ import annotations

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

LATER_VERBS = frozenset({"quarantine", "reply", "enforce"})
LATER_NAMES = frozenset({"argument", "command", "login", "mechanism", "pending", "queued", "symbols", "tls", "user", "verdict"})
"""Readable names of the language that no hook of this version has."""

LATER_FUNCTIONS = frozenset({"all_in", "any_in", "exact", "len", "lower"})
"""Functions that belong to the language itself, and that this version does not have."""


def later(findings: Findings, span: Span, what: str, help: str = "") -> None:
    """One finding for the whole construct: what stands inside it is not looked at."""
    findings.add(
        "Q108",
        span,
        f"{what} is not supported yet",
        why="it belongs to the language, but this version cannot run it",
        help=help,
    )


def unsupported(statement: tree.TopLevel) -> str:
    """What a top-level statement is called, when this version cannot run it; else an empty text."""
    match statement:
        case tree.Policy():
            return "`policy`"
        case tree.Apply():
            return "`apply`"
        case tree.Var():
            return "`var`"
        case tree.Require():
            return "`require`"
        case tree.Test():
            return "`test`"
        case tree.On(shadow=True):
            return "`shadow`"
        case _:
            return ""
