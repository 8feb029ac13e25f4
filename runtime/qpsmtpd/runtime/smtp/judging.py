"""A message that is there: judged, handed over or put aside, answered, recorded.

250 is said only when the delivery, or the quarantine, has answered. When the client has gone nothing is handed over; a
delivery that has begun is left to end. Each message has one answer and one record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.verdicts import Verdict, verdict
from qpsmtpd.runtime.engine.hooks import run_hook
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.observers import notice
from qpsmtpd.runtime.smtp.states import ACCEPT, DISCARD, QUARANTINE, REFUSING

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine

_NOWHERE = verdict(DISCARD, "rcpt", 250, "2.0.0", "Ok")
"""The answer for a message all of whose recipients were discarded."""


def judge(machine: Machine) -> None:
    """Runs the rules of the end of data, unless what becomes of the message was decided before it came."""
    transaction = machine.session.transaction
    assert transaction is not None
    if not transaction.recipients:
        conclude(machine, "rcpt", _NOWHERE)
    elif transaction.settled is not None:
        _decided(machine, transaction.settled_at, transaction.settled)
    elif machine.setup.data_post_headers:
        machine.consult("data_post_headers", _headers_done)
    else:
        machine.consult("data_post", _judged)


def _headers_done(machine: Machine, verdict: Verdict | None) -> None:
    # rules can refuse nothing there, but when they have failed the message is not what they should have made of it
    if verdict is not None and verdict.verb in REFUSING:
        conclude(machine, "data_post_headers", verdict)
    else:
        machine.consult("data_post", _judged)


def _judged(machine: Machine, verdict: Verdict | None) -> None:
    if verdict is not None and verdict.verb is not ACCEPT:
        _decided(machine, "data_post", verdict)
        return
    if machine.setup.accepted:
        machine.accepted("data_post", verdict)
    if machine.setup.queue_pre:
        machine.consult("queue_pre", _cleared)
    else:
        _hand_over(machine)


def _cleared(machine: Machine, verdict: Verdict | None) -> None:
    if verdict is not None:
        _decided(machine, "queue_pre", verdict)
    else:
        _hand_over(machine)


def _hand_over(machine: Machine) -> None:
    transaction = machine.session.transaction
    assert transaction is not None
    if transaction.gone:
        conclude(machine, "queue", replies.CLIENT_GONE)
    else:
        machine.busy = True
        machine.consult("queue", _handed_over)


def _handed_over(machine: Machine, verdict: Verdict | None) -> None:
    machine.busy = False
    if verdict is None:
        conclude(machine, "queue", replies.NOBODY_TOOK_IT)
    elif verdict.verb is QUARANTINE:
        _quarantine(machine, "queue", verdict)
    else:
        conclude(machine, "queue", verdict)


def _decided(machine: Machine, hook: str, verdict: Verdict) -> None:
    if verdict.verb is QUARANTINE:
        _quarantine(machine, hook, verdict)
    else:
        conclude(machine, hook, verdict)


def _quarantine(machine: Machine, hook: str, verdict: Verdict) -> None:
    transaction = machine.session.transaction
    assert transaction is not None
    transaction.settled_at = hook
    machine.busy = True
    machine.hold(run_hook(machine.session, _put_aside(machine, verdict), machine.setup.budget("queue")), _in_quarantine)


async def _put_aside(machine: Machine, verdict: Verdict) -> Verdict:
    """The verdict once the message is in its quarantine, else what the client hears instead. Raises OSError."""
    transaction = machine.session.transaction
    assert transaction is not None
    delivery = await machine.setup.services.quarantine.keep(verdict.place, transaction.message, transaction)
    if not delivery.delivered:
        return replies.CLIENT_GONE
    machine.record("quarantined", "notice", place=verdict.place, rule=verdict.rule, text=delivery.text)
    return verdict


def _in_quarantine(machine: Machine, verdict: Verdict | None) -> None:
    transaction = machine.session.transaction
    assert verdict is not None and transaction is not None
    conclude(machine, transaction.settled_at, verdict)


def conclude(machine: Machine, hook: str, verdict: Verdict) -> None:
    """The message's one answer and one record; then the transaction is over."""
    setup, transaction = machine.setup, machine.session.transaction
    assert transaction is not None
    record_message(machine, verdict.verb.value, verdict)
    if verdict.verb in REFUSING:
        machine.deny(hook, verdict)
    else:
        machine.messages += 1
        machine.errors = machine.idle = 0
        machine.answer(verdict)
        if hook == "queue" and verdict.verb is ACCEPT and "queue_post" in setup.hooks:
            transaction.queued = verdict.text
            notice(machine, "queue_post")
        if setup.accepted:
            machine.accepted(hook, verdict)
    machine.drop()


def record_message(machine: Machine, outcome: str, verdict: Verdict | None) -> None:
    """The one record of a message."""
    session, body = machine.session, machine.body
    transaction = session.transaction
    assert transaction is not None
    machine.setup.record_message(
        session.session_id,
        transaction.number,
        session.peer[0],
        transaction.sender.text,
        [r.text for r in transaction.recipients],
        body.taken if body is not None else transaction.message.size,
        outcome,
        verdict.rule if verdict is not None else "",
        verdict.text if verdict is not None else "",
        session.score,
    )
