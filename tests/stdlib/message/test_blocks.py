"""A message is read a block at a time, and in a thread only when it lies on a disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from library_doubles import WrittenMessage
from qpsmtpd.dsl.model.values import LookupFailure
from qpsmtpd.stdlib.message.blocks import BLOCK, next_block

CHUNK = b"x" * 30_000


def noting(threads: set[int], chunks: int) -> Iterator[bytes]:
    for _ in range(chunks):
        threads.add(threading.get_ident())
        yield CHUNK


@pytest.mark.parametrize("on_disk", [True, False])
async def test_only_what_lies_on_a_disk_is_read_in_a_thread(on_disk: bool) -> None:
    threads: set[int] = set()
    assert await next_block(noting(threads, 1), WrittenMessage(on_disk=on_disk)) == (CHUNK, False)
    assert (threading.get_ident() in threads) is not on_disk


@pytest.mark.parametrize("on_disk", [True, False])
async def test_blocks_are_the_whole_message_and_the_last_one_is_known(on_disk: bool) -> None:
    message, parts = WrittenMessage(on_disk=on_disk), noting(set(), 7)
    blocks = [await next_block(parts, message)]
    while blocks[-1][1]:
        blocks.append(await next_block(parts, message))
    assert b"".join(block for block, _ in blocks) == CHUNK * 7
    assert all(BLOCK <= len(block) < BLOCK + len(CHUNK) for block, more in blocks if more)


@pytest.mark.parametrize("on_disk", [True, False])
async def test_a_message_that_cannot_be_read_is_a_failed_lookup(on_disk: bool) -> None:
    def torn() -> Iterator[bytes]:
        yield CHUNK
        raise OSError(5, "Input/output error")

    with pytest.raises(LookupFailure, match="the message cannot be read: .*Input/output"):
        await next_block(torn(), WrittenMessage(on_disk=on_disk))
