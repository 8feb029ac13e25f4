"""Q604: a listener on which no rule ever takes a message: all its mail would be answered 451."""

from __future__ import annotations

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import statements
from qpsmtpd.dsl.check.reached import Reached, reached
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.verdicts import Verb


def look(rules: x.TypedRules, findings: Findings) -> None:
    """An error for each listener that can reach neither a delivery in `queue` nor a `discard` or `quarantine` anywhere."""
    for listener in rules.listeners:
        # from the end, where most deliveries stand
        hooks = sorted(listener.hooks, key=ORDER.index, reverse=True)
        found = (here for hook in hooks for here in reached(listener.hooks[hook], listener.name))
        if not listener.in_doubt and not any(_takes_mail(here) for here in found):
            elsewhere = _delivery_elsewhere(rules)
            findings.add(
                "Q604",
                listener.span,
                f"on listener {listener.name} no rule delivers mail: every message would get 451",
                why="`queue` has no rule that hands the message to anybody",
                allowed='a delivery, as in `on queue: maildir("Maildir")`; or `discard`',
                help='add `on queue: maildir("Maildir")`' if elsewhere is None else "let this listener have the delivery, too",
                notes=[] if elsewhere is None else [Note(elsewhere.span, "this delivery is not reached from here")],
            )


def _takes_mail(here: Reached) -> bool:
    match here.statement:
        case x.Do(call=call):
            return call.function.kind is Kind.DELIVERY
        case x.Decide(verb=Verb.DISCARD | Verb.QUARANTINE):
            return not here.shadow
    return False


def _delivery_elsewhere(rules: x.TypedRules) -> x.Stmt | None:
    """A delivery that stands in the rules, and that another listener, or nobody, can reach."""
    written = (s for listener in rules.listeners for b in listener.hooks.get("queue", ()) for s in statements(b.body))
    return next((s for s in written if isinstance(s, x.Do) and s.call.function.kind is Kind.DELIVERY), None)
