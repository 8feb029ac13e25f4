"""A message while it comes in: from the answer to DATA over its header section to its end.

A rule may decide over the whole message before it is there; then it is read all the same, since a client hears nothing before
its end, and a message that is refused is thrown away as it comes. What becomes of a message that is there is decided
in `judging`.
"""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.verdicts import Verb, Verdict
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.body import Body
from qpsmtpd.runtime.smtp.judging import conclude, judge, record_message
from qpsmtpd.runtime.smtp.message import ReceivedMessage
from qpsmtpd.runtime.smtp.spool import SpoolFile
from qpsmtpd.runtime.smtp.states import BODY, DENY, REFUSING, Reason

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def data_decided(machine: Machine, verdict: Verdict | None) -> None:
    """The rules of `data` have decided: reads the message, or refuses it before it is sent."""
    if verdict is not None and verdict.verb in REFUSING:
        machine.refused("data", verdict)
        machine.drop()
        if machine.session.heard:
            # what it has sent already was to be a message, and must not be read as commands
            machine.close(None, Reason.UNSYNCHRONISED)
        return
    transaction = machine.session.transaction
    assert transaction is not None
    machine.body = body = Body(machine.setup.limits)
    if verdict is not None:
        transaction.settled, transaction.settled_at = verdict, "data"
    elif machine.setup.data_headers_end and transaction.recipients:
        body.heading = True
    machine.mode = BODY
    machine.out.append(replies.START_DATA)


def header_there(machine: Machine) -> None:
    """The header section is complete, the rest is not: asks the rules, and keeps what comes meanwhile."""
    body, session = machine.body, machine.session
    transaction = session.transaction
    assert body is not None and transaction is not None
    body.header_in()
    if body.fault is None:
        transaction.message = ReceivedMessage(body, session, transaction, machine.setup.hostname)
        machine.consult("data_headers_end", _header_judged)


def _header_judged(machine: Machine, verdict: Verdict | None) -> None:
    machine.mode = BODY
    _settle(machine, verdict)
    if verdict is not None and verdict.verb in REFUSING and machine.body is not None:
        machine.body.fail(verdict.reply)


def _settle(machine: Machine, verdict: Verdict | None) -> None:
    transaction = machine.session.transaction
    assert transaction is not None
    if verdict is not None:
        transaction.settled, transaction.settled_at = verdict, "data_headers_end"


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
    settled = transaction.settled
    if settled is not None and settled.verb in REFUSING:
        conclude(machine, transaction.settled_at, settled)
        return
    body.finish()
    if body.fault is not None:
        conclude(machine, "data_post", _refusal(body.fault))
        return
    if transaction.message is None:
        transaction.message = ReceivedMessage(body, session, transaction, machine.setup.hostname)
    else:
        transaction.message.complete()
    machine.body = None
    if body.heading:
        body.heading = False
        machine.consult("data_headers_end", _header_judged_late)
    else:
        judge(machine)


def _header_judged_late(machine: Machine, verdict: Verdict | None) -> None:
    """The header section ended with the message."""
    _settle(machine, verdict)
    judge(machine)


def _refusal(fault: bytes) -> Verdict:
    """The reply of a message that cannot be taken, as a verdict."""
    code = int(fault[:3])
    verb = DENY if code >= 500 else Verb.DEFER
    return Verdict(verb, "engine", code, fault[4:9].decode("ascii"), fault[10:-2].decode("ascii"), reply=fault)


def unfinished(machine: Machine) -> None:
    """The connection ends; a message that it leaves behind is recorded, and goes nowhere."""
    transaction = machine.session.transaction
    if transaction is not None and (machine.body is not None or transaction.message is not None):
        record_message(machine, "abandoned", None)
