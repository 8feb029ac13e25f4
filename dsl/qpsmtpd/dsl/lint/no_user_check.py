"""Q603 and Q611: on a listener no rule looks at who the recipient is, only at the domain.

Where the mail stays on this machine that may be meant. Where it is handed on it makes backscatter.
"""

from __future__ import annotations

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import expressions, parts
from qpsmtpd.dsl.check.reached import Reached, reached
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.settings import Auth


def look(rules: x.TypedRules, findings: Findings) -> None:
    """One finding for each listener to whose `rcpt` strangers get, and which never reads the recipient itself."""
    for listener in rules.listeners:
        if listener.settings.auth == Auth.REQUIRED or "rcpt" in listener.in_doubt:
            continue  # who has authenticated gets his bounces himself
        if not any(_reads_recipient(here) for here in reached(listener.hooks.get("rcpt", ()), listener.name)):
            _report(listener, findings)


def _report(listener: x.TypedListener, findings: Findings) -> None:
    onward = _forwarding(listener)
    if onward is None:
        findings.add(
            "Q603",
            listener.span,
            f"on listener {listener.name} no rule checks whether the recipient exists",
            why="mail for users that do not exist is taken, too",
            help="refuse unknown users in `rcpt`, unless every local part is wanted",
        )
        return
    findings.add(
        "Q611",
        listener.span,
        f"on listener {listener.name} no rule checks whether the recipient exists, and `{onward.function.name}` hands the mail on",
        why="what the next server refuses then has to be returned to its sender, who is mostly forged: this server would send "
        "unwanted bounces, and be listed for it",
        help="refuse unknown users in `rcpt`, before their mail is taken",
        notes=[Note(onward.span, "here the mail is handed on")],
    )


def _forwarding(listener: x.TypedListener) -> x.FunctionCall | None:
    """The first delivery that hands on to another server."""
    found = (here.statement for here in reached(listener.hooks.get("queue", ()), listener.name))
    return next((s.call for s in found if isinstance(s, x.Do) and s.call.function.forwards), None)


def _reads_recipient(here: Reached) -> bool:
    read = (part for expression in expressions(here.statement) for part in parts(expression))
    return not here.shadow and any(isinstance(part, x.Read) and part.name.code == "t.recipient" for part in read)
