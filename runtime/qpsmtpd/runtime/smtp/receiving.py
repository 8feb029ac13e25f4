"""A message from the answer to DATA to the answer after its end: read, judged, handed over, recorded.

250 is said only when the delivery has answered. When the client has gone nothing is handed over; a delivery that has
begun is left to end.
"""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.verdicts import Verb, Verdict, verdict
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.body import Body
from qpsmtpd.runtime.smtp.message import ReceivedMessage
from qpsmtpd.runtime.smtp.spool import SpoolFile
from qpsmtpd.runtime.smtp.states import ACCEPT, BODY, DENY, DISCARD, REFUSING

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOWHERE = verdict(DISCARD, "rcpt", 250, "2.0.0", "Ok")
"""The answer for a message all of whose recipients were discarded."""


def data_decided(machine: Machine, verdict: Verdict | None) -> None:
    """The rules of `data` have decided: reads the message, or refuses it before it is sent."""
    if verdict is not None and verdict.verb in REFUSING:
        machine.refused("data", verdict)
        machine.drop()
        return
    transaction = machine.session.transaction
    assert transaction is not None
    transaction.discard = verdict if verdict is not None and verdict.verb is DISCARD else None
    machine.body = Body(machine.setup.limits)
    machine.mode = BODY
    machine.out.append(replies.START_DATA)


async def spill(machine: Machine, body: Body) -> None:
    """Moves what is in memory to the disk. A failure is the message's, not the session's."""
    parts = body.taken_parts()
    if body.fault is not None:
        return
    try:
        body.file = await asyncio.to_thread(_write, body.file, parts, machine.setup.services.spool)
    except OSError as error:
        machine.record("error", level="error", error="the spool cannot be written", errno=error.errno, detail=str(error))
        body.fail(replies.SPOOL_FULL if error.errno in _FULL else replies.SPOOL_FAILED)


def _write(file: SpoolFile | None, parts: list[bytes], folder: Path) -> SpoolFile:
    fresh = file is None
    file = SpoolFile(folder) if file is None else file
    try:
        file.write(parts)
    except OSError:
        if fresh:
            file.close()
        raise
    return file


def end_of_data(machine: Machine) -> None:
    """The end of data has come."""
    body, session = machine.body, machine.session
    transaction = session.transaction
    assert body is not None and transaction is not None
    body.finish()
    if body.fault is not None:
        code, enhanced = body.fault[:3].decode("ascii"), body.fault[4:9].decode("ascii")
        verb = DENY if code.startswith("5") else Verb.DEFER
        _answer(machine, Verdict(verb, "engine", int(code), enhanced, body.fault[10:-2].decode("ascii"), reply=body.fault))
        return
    machine.body = None
    transaction.message = ReceivedMessage(body, session, transaction, machine.setup.hostname)
    if transaction.discard is not None or not transaction.recipients:
        _answer(machine, transaction.discard or _NOWHERE)
    else:
        machine.consult("data_post", _judged)


def _judged(machine: Machine, verdict: Verdict | None) -> None:
    transaction = machine.session.transaction
    assert transaction is not None
    if verdict is not None and verdict.verb is not ACCEPT:
        _answer(machine, verdict)
    elif transaction.gone:
        _answer(machine, replies.CLIENT_GONE)
    else:
        machine.busy = True
        machine.consult("queue", _handed_over)


def _handed_over(machine: Machine, verdict: Verdict | None) -> None:
    machine.busy = False
    _answer(machine, replies.NOBODY_TOOK_IT if verdict is None else verdict)


def _answer(machine: Machine, verdict: Verdict) -> None:
    """The message's one answer and one record; then the transaction is over."""
    _record(machine, verdict.verb.value, verdict)
    machine.drop()
    if verdict.verb in REFUSING:
        machine.deny(verdict)
        return
    machine.messages += 1
    machine.errors = machine.idle = 0
    machine.answer(verdict)


def unfinished(machine: Machine) -> None:
    """The connection ends; a message that it leaves behind is recorded, and goes nowhere."""
    transaction = machine.session.transaction
    if transaction is not None and (machine.body is not None or transaction.message is not None):
        _record(machine, "abandoned", None)


def _record(machine: Machine, outcome: str, verdict: Verdict | None) -> None:
    session, body = machine.session, machine.body
    transaction = session.transaction
    assert transaction is not None
    message = transaction.message
    size = message.size if message is not None else body.taken if body is not None else 0
    machine.setup.record_message(
        session.session_id,
        transaction.number,
        session.peer[0],
        transaction.sender.text,
        [r.text for r in transaction.recipients],
        size,
        outcome,
        verdict.rule if verdict is not None else "",
        verdict.text if verdict is not None else "",
        session.score,
    )
