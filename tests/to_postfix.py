"""A message on its way into a Postfix of the tests, by `postfix_queue` with the options that a test wants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from library_doubles import FixedClock, KnownClient, WrittenEnvelope, WrittenMessage, address
from qpsmtpd.dsl.model.values import Delivery, Duration
from qpsmtpd.stdlib.queue.postfix_queue import postfix_queue

SENT = WrittenEnvelope(address("ann@example.net"), [address("bob@example.org")])
HELD = ("FLAG_HOLD",)
TRACE = b"Received: from client.example.net\r\n"
"""The engine always puts such a field on top, and Postfix wants it."""
PLAIN = WrittenMessage((TRACE + b"Subject: x\r\n\r\nbody\r\n",))


async def deliver(
    socket: Path | str,
    message: WrittenMessage | None = None,
    *,
    flags: Sequence[str] = ("FLAG_MASK_EXTERNAL",),
    fallback: Sequence[str] = (),
    timeout: float = 20.0,  # noqa: ASYNC109 - it is the option's name
    envelope: WrittenEnvelope = SENT,
    client: KnownClient | None = None,
) -> Delivery:
    return await postfix_queue(
        flags,
        str(socket),
        fallback,
        Duration(timeout),
        message=message or PLAIN,
        envelope=envelope,
        client=client or KnownClient(),
        clock=FixedClock(),
    )


def titled(subject: str) -> WrittenMessage:
    return WrittenMessage((TRACE, f"Subject: {subject}\r\n\r\nbody\r\n".encode()))


def queue_id(outcome: Delivery) -> str:
    found = re.fullmatch(r"Queued! .*\(Queue-Id: (\w+)\)", outcome.text)
    assert outcome.delivered and found, outcome
    return found[1]
