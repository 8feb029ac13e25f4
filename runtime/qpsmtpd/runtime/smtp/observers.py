"""Rules that only look on: those of `denied`, `accepted`, `queue_post`, `reset_transaction` and `disconnect`.

They run when the command is answered, in the order in which things have happened, and before anything else that the client
sends is looked at. Each sees score, relay and trust as they were at its moment, and changes nothing of them; what it
decides counts for nothing. They run to their end also when the client has gone.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, NamedTuple

from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.engine.hooks import failed_hook, run_hook
from qpsmtpd.runtime.smtp.session import Facts, Said, Transaction
from qpsmtpd.runtime.smtp.states import CLOSED

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine


class Event(NamedTuple):
    """Something that has happened and that rules will look at."""

    hook: str
    transaction: Transaction | None
    said: Said | None
    facts: Facts


def notice(machine: Machine, hook: str, said: Said | None = None) -> None:
    """Puts down what has just happened; the listener has rules for that hook."""
    session = machine.session
    machine.events += (Event(hook, session.transaction, said, session.keep()),)


def said(hook: str, verdict: Verdict | None) -> Said:
    """A verdict as the rules that look on see it; None means that none was against it."""
    if verdict is None:
        usual = HOOKS[hook].replies["accept"]
        return Said(hook, "accept", usual.code, text=usual.text, rule="")
    return Said(hook, verdict.verb.value, verdict.code, text=verdict.text, rule=verdict.rule)


def show(machine: Machine) -> None:
    """Runs the rules for everything that was put down; then the dialogue goes on from where it stands now."""
    machine.stood = machine.mode
    _next(machine, None)


def _next(machine: Machine, _: Verdict | None) -> None:
    while machine.events:
        event, machine.events = machine.events[0], machine.events[1:]
        waiting = _looked_at(machine, event)
        if waiting is not None:
            machine.busy = True  # who is refused often goes at once
            machine.hold(waiting, _next)
            return
    machine.mode = machine.stood
    if machine.mode == CLOSED:
        machine.rest = b""
    if machine.ended:
        machine.over()


def _looked_at(machine: Machine, event: Event) -> Awaitable[None] | None:
    """Runs the rules for one event; what is returned must still be awaited."""
    session = machine.session
    now = session.keep()
    session.restore(event.facts)
    session.hook, session.verdict = event.hook, event.said
    try:
        waiting = machine.setup.hooks[event.hook](session, event.transaction)
    except Exception as error:  # noqa: BLE001 - rules and functions may raise anything; the session must go on
        failed_hook(session, error)
        waiting = None
    if waiting is not None and not isinstance(waiting, Verdict):
        return _awaited(machine, event, waiting, now)
    _past(machine, event, now)
    return None


async def _awaited(machine: Machine, event: Event, waiting: Awaitable[Verdict | None], now: Facts) -> None:
    try:
        await run_hook(machine.session, waiting, machine.setup.budget(event.hook))
    finally:
        _past(machine, event, now)


def _past(machine: Machine, event: Event, now: Facts) -> None:
    session, transaction = machine.session, event.transaction
    session.restore(now)
    session.verdict = None
    if transaction is None or transaction is session.transaction or transaction.message is None:
        return
    if all(later.transaction is not transaction for later in machine.events):
        transaction.release()
