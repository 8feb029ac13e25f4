"""`postfix_queue` when Postfix, its disk or the client fails: 451, and the message is in the queue at most once."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import tempfile
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from library_doubles import WrittenEnvelope, WrittenMessage
from qpsmtpd.dsl.model.values import Delivery, LookupFailure
from servers.fake_peers import FakePeer, Script, fake_peer
from servers.postfix import Postfix
from to_postfix import HELD, SENT, TRACE, deliver, queue_id, titled

GREETING = b"protocol\0cleanup_protocol\0queue_id\0ABC123\0\0"
OLD_GREETING = b"queue_id\0ABC123\0\0"


@contextlib.asynccontextmanager
async def cleanup(folder: Path, script: Script, name: str = "s") -> AsyncIterator[FakePeer]:
    async with fake_peer(script, folder / name) as peer:
        yield peer


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def to_end(reader: asyncio.StreamReader) -> None:
    """Reads all of a message, and forgets it."""
    end = b""
    while not end.endswith(b"X\0E\0"):
        new = await reader.read(65536)
        if not new:
            raise ConnectionResetError
        end = end[-8:] + new


def saying(greeting: bytes, answer: bytes | None) -> Script:
    """A cleanup service that reads to the end, then says this; None: it closes the connection; b"…": it hangs."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await to_end(reader)
        if answer is not None:
            writer.write(answer)
            await reader.read()

    return script


OK = b"status\x000\0reason\0\0\0"


async def test_timeout_ends_a_delivery_to_a_cleanup_that_says_nothing(tmp_path: Path) -> None:
    async with cleanup(tmp_path, hanging) as peer:
        with pytest.raises(LookupFailure, match="it took too long"):
            await deliver(peer.place, timeout=0.2)


async def test_timeout_is_shared_by_the_places(tmp_path: Path, postfix: Postfix) -> None:
    async with cleanup(tmp_path, hanging) as peer:
        assert (await deliver(peer.place, fallback=[str(postfix.socket)], timeout=3)).delivered


async def test_the_greeting_of_older_versions_is_understood(tmp_path: Path) -> None:
    async with cleanup(tmp_path, saying(OLD_GREETING, OK)) as peer:
        assert await deliver(peer.place) == Delivery(True, "Queued! (Queue-Id: ABC123)")


@pytest.mark.parametrize(
    "answer", [b"", b"\0", b"status\0\0\0", b"status\0-1\0\0", b"status\0x\0\0", b"x" * 9000, b"a\0b\0" * 99]
)
async def test_an_answer_that_is_not_clear_is_none_and_nobody_else_is_tried(tmp_path: Path, answer: bytes) -> None:
    async with cleanup(tmp_path, saying(GREETING, answer)) as peer, cleanup(tmp_path, saying(GREETING, OK), "t") as other:
        with pytest.raises(LookupFailure, match="may have taken it"):
            await deliver(peer.place, fallback=[other.place], timeout=0.3 if answer in (b"", b"x") else 5)
        assert other.calls == 0


@pytest.mark.parametrize("greeting", [b"x" * 9000, b"\0", b"queue_id\0../x\0\0", b"220 mx ESMTP\r\n", b"a\0b\0" * 99])
async def test_a_service_with_another_greeting_is_passed_over(tmp_path: Path, greeting: bytes) -> None:
    async with cleanup(tmp_path, saying(greeting, OK)) as peer, cleanup(tmp_path, saying(GREETING, OK), "t") as other:
        assert (await deliver(peer.place, fallback=[other.place], timeout=1)).delivered


@pytest.mark.parametrize("status", [1, 2, 128, 256, 2 | 8, 1 << 20])
async def test_a_status_that_may_pass_is_for_another_service_or_later(tmp_path: Path, status: int) -> None:
    answer = b"status\0%d\0reason\0a\nb\0\0" % status
    async with cleanup(tmp_path, saying(GREETING, answer)) as peer, cleanup(tmp_path, saying(GREETING, OK), "t") as other:
        outcome = await deliver(peer.place)
        assert (outcome.delivered, outcome.refused, "\n" in outcome.text) == (False, False, False)
        assert outcome.enhanced.startswith("4.")
        assert (await deliver(peer.place, fallback=[other.place])).delivered


@pytest.mark.parametrize("status", [4, 8, 16, 64, 512, 65536])
async def test_a_status_that_stays_is_refused(tmp_path: Path, status: int) -> None:
    answer = b"status\0%d\0reason\0" % status + b"5.9.9 Because\0\0"
    async with cleanup(tmp_path, saying(GREETING, answer)) as peer, cleanup(tmp_path, saying(GREETING, OK), "t") as other:
        outcome = await deliver(peer.place, fallback=[other.place])
        assert outcome == Delivery(False, "Because", refused=True, enhanced="5.9.9")
        assert other.calls == 0


async def test_a_service_that_goes_away_before_the_end_has_not_taken_it(tmp_path: Path) -> None:
    async def leaving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        await reader.read(1000)

    big = WrittenMessage((b"x" * 70 + b"\r\n",) * 50_000)
    async with cleanup(tmp_path, leaving) as peer, cleanup(tmp_path, saying(GREETING, OK), "t") as other:
        assert (await deliver(peer.place, big, fallback=[other.place])).delivered
        with pytest.raises(LookupFailure) as raised:
            await deliver(peer.place, big)
        assert "may have taken it" not in str(raised.value)


async def test_postfix_that_is_stopped_is_a_failure_with_its_reason(postfix: Postfix) -> None:
    postfix.stop()
    with pytest.raises(LookupFailure, match=r"public/cleanup: \[Errno 111\] Connect"):
        await deliver(postfix.socket)
    postfix.start()
    assert (await deliver(postfix.socket)).delivered


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Slow(WrittenMessage):
    """A message whose last chunk comes when told."""

    def __init__(self) -> None:
        super().__init__()
        self.reading, self.go_on = threading.Event(), threading.Event()

    def chunks(self) -> Iterator[bytes]:
        yield TRACE + b"Subject: slow\r\n\r\n"
        self.reading.set()
        assert self.go_on.wait(10)
        yield b"x\r\n"


async def test_postfix_killed_before_the_end_has_nothing(postfix: Postfix) -> None:
    message = Slow()
    task = asyncio.create_task(deliver(postfix.socket, message))
    await asyncio.to_thread(message.reading.wait, 10)
    postfix.kill()
    message.go_on.set()
    with pytest.raises(LookupFailure):
        await task
    postfix.start()
    assert postfix.queued() == [] == postfix.mail()


async def test_an_answer_that_is_lost_leaves_the_message_in_the_queue_once(postfix: Postfix, tmp_path: Path) -> None:
    async def swallowing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, to_postfix = await asyncio.open_unix_connection(str(postfix.socket))
        writer.write(await answers.readuntil(b"\0\0"))
        to_postfix.write(await reader.readuntil(b"X\0E\0"))
        await answers.readuntil(b"status\x000\0")
        to_postfix.close()

    async with cleanup(tmp_path, swallowing) as peer:
        with pytest.raises(LookupFailure, match="may have taken it"):
            await deliver(peer.place, flags=HELD, fallback=[str(postfix.socket)])
    assert len(postfix.queued()) == 1


async def test_whenever_postfix_is_killed_a_message_is_there_once_when_answered_250_and_never_twice(postfix: Postfix) -> None:
    answered: list[int] = []

    async def one(number: int) -> None:
        with contextlib.suppress(LookupFailure):
            if (await deliver(postfix.socket, titled(f"number {number}."), flags=HELD)).delivered:
                answered.append(number)

    for start, kill_after in ((0, 3), (50, 10), (100, 20), (150, 35)):
        sending = {asyncio.create_task(one(number)) for number in range(start, start + 50)}
        while len(answered) < len([n for n in answered if n < start]) + kill_after:
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(postfix.kill)
        await asyncio.gather(*sending)
        postfix.start()
    files = (postfix.queue / postfix.queue_of(queue_id) / queue_id for queue_id in postfix.queued())
    there = [int(re.search(rb"Subject: number (\d+)\.", file.read_bytes())[1]) for file in files]  # type: ignore[index]
    assert 68 <= len(answered) < 200
    assert set(answered) <= set(there)
    assert len(there) == len(set(there))


async def test_a_full_disk_below_postfix_is_for_later_and_leaves_nothing() -> None:
    with full_disk() as postfix:
        big = WrittenMessage((TRACE + b"Subject: big\r\n\r\n", *((b"x" * 70 + b"\r\n") * 1000 for _ in range(40))))
        outcome = await deliver(postfix.socket, big)
        assert outcome == Delivery(False, "The mail queue cannot be written, try again later", enhanced="4.3.0")
        assert postfix.queued() == []
        assert (await deliver(postfix.socket)).delivered
        assert len(postfix.until_mail()) == 1


@contextlib.contextmanager
def full_disk() -> Iterator[Postfix]:
    """A running Postfix whose queue is on a disk of a megabyte."""
    with tempfile.TemporaryDirectory(prefix="postfix-") as folder:
        queue = Path(folder) / "queue"
        queue.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", queue], check=True)
        try:
            postfix = Postfix(Path(folder))
            postfix.start()
            try:
                yield postfix
            finally:
                postfix.kill()
        finally:
            subprocess.run(["umount", queue], check=True)


async def test_a_client_that_has_gone_gets_nothing_delivered(postfix: Postfix) -> None:
    outcome = await deliver(postfix.socket, envelope=WrittenEnvelope(SENT.sender, SENT.recipients, gone=True))
    assert outcome == Delivery(False, "The client has gone", enhanced="4.4.2")
    await deliver(postfix.socket)
    assert len(postfix.until_mail()) == 1


async def test_a_delivery_that_is_cancelled_before_the_end_never_happens(postfix: Postfix) -> None:
    message = Slow()
    task = asyncio.create_task(deliver(postfix.socket, message))
    await asyncio.to_thread(message.reading.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    message.go_on.set()
    await deliver(postfix.socket)
    assert len(postfix.until_mail()) == 1


async def test_a_message_that_cannot_be_read_to_its_end_is_not_delivered(postfix: Postfix) -> None:
    class Torn(WrittenMessage):
        def chunks(self) -> Iterator[bytes]:
            yield b"half"
            raise OSError(5, "spool")

    with pytest.raises(LookupFailure, match="spool"):
        await deliver(postfix.socket, Torn())
    await deliver(postfix.socket)
    assert len(postfix.until_mail()) == 1


async def test_many_messages_at_once_are_all_there_once_and_no_descriptor_is_left(postfix: Postfix, tmp_path: Path) -> None:
    await deliver(postfix.socket)
    before = descriptors()
    outcomes = await asyncio.gather(*(deliver(postfix.socket, titled(f"{n}")) for n in range(120)))
    assert len({queue_id(outcome) for outcome in outcomes}) == 120
    for _ in range(20):
        with pytest.raises(LookupFailure):
            await deliver(tmp_path / "nobody")
    await asyncio.to_thread(postfix.until_mail, 121)
    subjects = sorted(str(message["Subject"]) for message in postfix.mail())
    assert subjects == sorted([*map(str, range(120)), "x"])
    assert descriptors() <= before


async def test_a_large_message_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    class Large(WrittenMessage):
        def chunks(self) -> Iterator[bytes]:
            for number in range(2000):
                yield b"%064d\r\n" % number * 256

    async with cleanup(tmp_path, saying(GREETING, OK)) as peer:
        await deliver(peer.place)
        tracemalloc.start()
        try:
            assert (await deliver(peer.place, Large())).delivered
            assert tracemalloc.get_traced_memory()[1] < 1_500_000
        finally:
            tracemalloc.stop()
