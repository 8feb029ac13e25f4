"""Q604: a listener on which no rule ever takes a message: all its mail would be answered 451."""

from __future__ import annotations

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import statements
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.verdicts import Verb


def look(rules: x.TypedRules, findings: Findings) -> None:
    """An error for each listener without a delivery in `queue` and without a `discard` at all."""
    for listener in rules.listeners:
        found = (s for blocks in listener.hooks.values() for b in blocks for s in statements(b.body))
        if not listener.in_doubt and not any(_takes_mail(s) for s in found):
            findings.add(
                "Q604",
                listener.span,
                f"on listener {listener.name} no rule delivers mail: every message would get 451",
                why="`queue` has no rule that hands the message to anybody",
                allowed='a delivery, as in `on queue: maildir("Maildir")`; or `discard`',
                help='add `on queue: maildir("Maildir")`',
            )


def _takes_mail(statement: x.Stmt) -> bool:
    if isinstance(statement, x.Do):
        return statement.call.function.kind is Kind.DELIVERY
    return isinstance(statement, x.Decide) and statement.verb is Verb.DISCARD
