"""Hands a message to the first of several places that takes it, and never to two of them.

A place is tried only when all before it surely have not taken the message: they could not be reached, or said so. From
the octets on that complete the message a place may have it; when no clear answer comes then, nothing else is tried and
the failure is told. A client that has gone gets nothing delivered, since it will send again. What a place is and how it
is spoken to is known elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from qpsmtpd.dsl.model.services import Envelope, Message
from qpsmtpd.dsl.model.values import Delivery, LookupFailure
from qpsmtpd.stdlib.message.blocks import next_block

GONE = Delivery(False, "The client has gone", enhanced="4.4.2")

P = TypeVar("P")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class NotTaken(Exception):
    """A place surely has not taken the message. Its text is for the log; `answer` is what the place had to say to the client."""

    def __init__(self, reason: str, answer: Delivery | None = None) -> None:
        super().__init__(reason)
        self.answer = answer


class _ClientGone(Exception):
    """The client has closed the connection, and nothing was handed over yet."""


class Attempt:
    """One place's turn."""

    def __init__(self, envelope: Envelope, limit: asyncio.Timeout, end: float) -> None:
        self._envelope = envelope
        self._limit = limit
        self._end = end
        self.committed = False

    def commit(self) -> None:
        """Must be called right before the octets that complete the message; from there on the place has all the time that is left."""
        if self._envelope.gone:
            raise _ClientGone
        self.committed = True
        self._limit.reschedule(self._end)


async def in_order(
    places: Sequence[P], hand: Callable[[P, Attempt], Awaitable[Delivery]], *, envelope: Envelope, seconds: float
) -> Delivery:
    """What became of the message at the first place that decides it; `hand` gives it to one place.

    Those that are left share the time that is left. Raises LookupFailure when no place has given an answer, or when one
    may have the message and does not say.
    """
    now = asyncio.get_running_loop().time
    end = now() + seconds
    reasons: list[str] = []
    answer: Delivery | None = None
    for number, place in enumerate(places):
        attempt = None
        try:
            async with asyncio.timeout_at(now() + (end - now()) / (len(places) - number)) as limit:
                attempt = Attempt(envelope, limit, end)
                return await hand(place, attempt)
        except _ClientGone:
            return GONE
        except NotTaken as error:
            answer = error.answer or answer
            reasons.append(f"{place}: {error}")
        except (OSError, LookupFailure) as error:
            reason = "it took too long" if limit.expired() else str(error) or type(error).__name__
            if attempt is not None and attempt.committed:
                raise LookupFailure(f"{place}: it has all of the message and may have taken it: {reason}") from None
            reasons.append(f"{place}: {reason}")
    if answer is not None:
        return answer
    raise LookupFailure("; ".join(reasons))


async def send_blocks(writer: asyncio.StreamWriter, parts: Iterator[bytes], message: Message) -> bytes:
    """Sends what is made of the message, no faster than the peer takes it, a block at a time in memory; returns the last one, unsent."""
    while True:
        block, more = await next_block(parts, message)
        if not more:
            return block
        writer.write(block)
        await writer.drain()


class PerLoop(Generic[K, V]):
    """One of something for each key and event loop: what waits belongs to a loop."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[K, V]] = WeakKeyDictionary()

    def __call__(self, key: K) -> V:
        mine = self._made.setdefault(asyncio.get_running_loop(), {})
        if key not in mine:
            mine[key] = self._make(key)
        return mine[key]
