"""The message in hand as blocks of octets, for whoever sends it on without ever having all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.model.values import LookupFailure

_BLOCK = 256 * 1024


async def next_block(chunks: Iterator[bytes]) -> bytes:
    """Some more of the message, read in a thread since it may lie on a disk; nothing at its end. Raises LookupFailure."""
    import asyncio  # whoever only checks rules does without

    try:
        return await asyncio.to_thread(_gathered, chunks)
    except OSError as error:
        raise LookupFailure(f"the message cannot be read: {error}") from None


def _gathered(chunks: Iterator[bytes]) -> bytes:
    """Chunks that together make a block: a message of a few lines takes one turn of the thread."""
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size >= _BLOCK:
            break
    return b"".join(parts)
