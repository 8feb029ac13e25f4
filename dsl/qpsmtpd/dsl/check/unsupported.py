"""Decides what to say of the parts of the language that this version reads but does not run yet."""

from __future__ import annotations

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.tree import Span


def later(findings: Findings, span: Span, what: str, help: str = "") -> None:
    """One finding for the whole construct: what stands inside it is not looked at."""
    findings.add(
        "Q108",
        span,
        f"{what} is not supported yet",
        why="it belongs to the language, but this version cannot run it",
        help=help,
    )
