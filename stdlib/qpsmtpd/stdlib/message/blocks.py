"""The message in hand as blocks of octets, for whoever sends it on without ever having all of it in memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from qpsmtpd.dsl.model.services import Message
from qpsmtpd.dsl.model.values import LookupFailure

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

BLOCK = 64 * 1024
"""Octets of a message that are read ahead: so much of it is in memory, and about as much again waits to be sent."""
READERS = 8
"""Threads that read messages; each for a block at a time."""

V = TypeVar("V")


async def next_block(parts: Iterator[bytes], message: Message) -> tuple[bytes, bool]:
    """The next octets of what is made of the message, and whether there may be more. Raises LookupFailure."""
    return await reading(message, lambda: _block(parts))


async def reading(message: Message, work: Callable[[], V]) -> V:
    """What reading the message gives: at once from memory, in a thread from a disk. Raises LookupFailure when it cannot be read."""
    import asyncio  # whoever only checks rules does without

    try:
        return await asyncio.get_running_loop().run_in_executor(_readers(), work) if message.on_disk else work()
    except OSError as error:
        raise LookupFailure(f"the message cannot be read: {error}") from None


def _block(parts: Iterator[bytes]) -> tuple[bytes, bool]:
    """Chunks that together make a block: a message of a few lines is one, and its end is known with it."""
    size, found = 0, []
    for part in parts:
        found.append(part)
        size += len(part)
        if size >= BLOCK:
            return b"".join(found), True
    return b"".join(found), False


@functools.cache
def _readers() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(READERS, thread_name_prefix="message-reader")
