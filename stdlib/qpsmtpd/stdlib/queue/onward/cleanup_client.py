"""Talks to Postfix's cleanup service, and takes nothing but its own clear word for an answer.

The service forgets a message that has no end record, so until that is written nothing is handed over.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from qpsmtpd.dsl.model.services import Envelope, Message
from qpsmtpd.dsl.model.values import Delivery, LookupFailure
from qpsmtpd.stdlib.dns.names import public_text
from qpsmtpd.stdlib.queue.onward import cleanup_wire as wire
from qpsmtpd.stdlib.queue.onward.handing_on import Attempt, NotTaken, PerLoop, in_order, send_blocks
from qpsmtpd.stdlib.queue.onward.places import endpoint

AT_ONCE = 50
"""Messages that one cleanup service is given at the same time, as each costs it a process; more wait their turn."""
_LONGEST = 4096
"""Octets of a name or value that cleanup may say."""
_MOST = 16
"""Attributes that it may say at once."""
_QUEUE_ID = re.compile(r"[A-Za-z0-9]{1,64}")

_turns: PerLoop[str, asyncio.Semaphore] = PerLoop(lambda place: asyncio.Semaphore(AT_ONCE))


@dataclass(frozen=True, slots=True)
class Letter:
    """What cleanup is given: what to do with the message, the records before it, and the message."""

    flags: int
    before: bytes
    message: Message


async def hand_over(letter: Letter, places: Sequence[str], *, envelope: Envelope, seconds: float) -> Delivery:
    """What became of the message at the first place that decides it. Raises LookupFailure when that is not clear."""

    async def hand(place: str, attempt: Attempt) -> Delivery:
        async with _turns(place):
            cleanup = await _Cleanup.at(place)
            try:
                return await cleanup.take(letter, attempt)
            finally:
                cleanup.close()

    return await in_order(places, hand, envelope=envelope, seconds=seconds)


class _Cleanup:
    """A conversation with a cleanup service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def at(cls, place: str) -> _Cleanup:
        """Raises OSError."""
        if place.startswith("/"):
            return cls(*await asyncio.open_unix_connection(place, limit=_LONGEST))
        host, port = endpoint(place)
        return cls(*await asyncio.open_connection(host, port, limit=_LONGEST))

    async def take(self, letter: Letter, attempt: Attempt) -> Delivery:
        """What became of the message. Raises NotTaken, and OSError or LookupFailure when that is not clear."""
        queue_id = (await self._said()).get("queue_id", "")
        if not _QUEUE_ID.fullmatch(queue_id):
            raise LookupFailure("its greeting is not that of a cleanup service")
        first = wire.attributes({"flags": str(letter.flags)}) + letter.before
        last = await send_blocks(self._writer, chain((first,), wire.content(letter.message.chunks())), letter.message)
        attempt.commit()
        self._writer.write(last + wire.record(wire.EXTRACTED) + wire.record(wire.END))
        await self._writer.drain()
        outcome = await self._said()
        status = outcome.get("status", "")
        if not status.isdecimal() or len(status) > 10:
            raise LookupFailure("its answer has no status")
        if int(status):
            return _refused(int(status), outcome.get("reason", ""))
        name = public_text(letter.message.header.get("Message-ID") or "")
        return Delivery(True, f"Queued! {name} (Queue-Id: {queue_id})" if name else f"Queued! (Queue-Id: {queue_id})")

    async def _said(self) -> Mapping[str, str]:
        """An attribute list. Raises ConnectionError when the service goes away, LookupFailure when it is none."""
        found: dict[str, str] = {}
        for _ in range(_MOST):
            name = await self._text()
            if not name:
                return found
            found[name] = await self._text()
        raise LookupFailure("it says more than a cleanup service has to say")

    async def _text(self) -> str:
        try:
            return (await self._reader.readuntil(b"\0"))[:-1].decode("utf-8", "replace")
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("it has closed the connection") from None
        except asyncio.LimitOverrunError:
            raise LookupFailure("it says more than a cleanup service has to say") from None

    def close(self) -> None:
        """Closes the connection; a message without its end is forgotten by the service."""
        self._writer.transport.abort()


def _refused(status: int, reason: str) -> Delivery:
    """The answer for good. Raises NotTaken when another service may take the message."""
    answer = wire.refusal(status, reason)
    if answer.refused:
        return answer
    raise NotTaken(f"status {status} {public_text(reason)}".rstrip(), answer)
