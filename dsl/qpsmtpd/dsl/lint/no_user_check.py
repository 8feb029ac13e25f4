"""Q603: on a listener no rule looks at who the recipient is, only at the domain."""

from __future__ import annotations

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import expressions, parts, statements
from qpsmtpd.dsl.diagnostics.findings import Findings


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A note for each listener whose `rcpt` never reads the recipient itself."""
    for listener in rules.listeners:
        if "rcpt" not in listener.in_doubt and not any(_reads_recipient(block) for block in listener.hooks.get("rcpt", ())):
            findings.add(
                "Q603",
                listener.span,
                f"on listener {listener.name} no rule checks whether the recipient exists",
                why="mail for users that do not exist is taken, and bounces later to senders who may be forged",
                help="refuse unknown users in `rcpt`, or deliver where every local part is wanted",
            )


def _reads_recipient(block: x.Block) -> bool:
    return any(
        isinstance(part, x.Read) and part.name.code == "t.recipient"
        for statement in statements(block.body)
        for expression in expressions(statement)
        for part in parts(expression)
    )
