"""`smtp_forward` when the next server, its connection or the client fails: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from by_smtp import SENT, forward
from library_doubles import WrittenEnvelope, WrittenMessage
from qpsmtpd.dsl.model.values import Delivery, LookupFailure
from qpsmtpd.stdlib.queue.onward import smtp_pool
from servers.fake_peers import FakePeer, fake_peer
from servers.fake_smtp import CLOSE, FakeSmtp, fake_smtp
from servers.postfix import Postfix


def commands(fake: FakeSmtp) -> list[str]:
    return [line.split()[0] for line in fake.said]


# -- connections that rest


@pytest.mark.parametrize("last", [CLOSE, "421 4.4.2 Idle too long|close"])
async def test_a_resting_connection_that_the_server_has_closed_is_replaced_before_mail(last: str) -> None:
    async with fake_smtp() as fake:
        assert (await forward(fake.peer.place)).delivered
        await fake.end_all(last)
        await fake.until_open(0)
        assert (await forward(fake.peer.place)).delivered
        assert commands(fake) == ["EHLO", "MAIL", "RCPT", "DATA"] * 2
        assert len(fake.messages) == 2


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [CLOSE, "421 4.4.2 Going|close"])
async def test_a_used_connection_that_ends_before_the_message_is_there_is_replaced(stage: str, answer: str) -> None:
    async with fake_smtp() as fake:
        assert (await forward(fake.peer.place)).delivered
        fake.once[stage] = answer
        assert (await forward(fake.peer.place)).delivered
        assert (fake.peer.calls, len(fake.messages)) == (2, 2)


async def test_a_new_connection_that_ends_is_not_tried_again() -> None:
    async with fake_smtp(MAIL=CLOSE) as fake:
        with pytest.raises(LookupFailure, match="closed the connection"):
            await forward(fake.peer.place)
        assert fake.peer.calls == 1


async def test_a_server_that_says_more_than_it_was_asked_gets_no_other_message_on_that_connection() -> None:
    async with fake_smtp(END="250 Ok\r\n250 And more") as fake:
        assert (await forward(fake.peer.place)).delivered
        assert (await forward(fake.peer.place)).delivered
        assert fake.peer.calls == 2


async def test_a_connection_rests_for_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_pool, "IDLE", 0.01)
    async with fake_smtp() as fake:
        assert (await forward(fake.peer.place)).delivered
        await fake.until_open(0)
        assert fake.said[-1] == "QUIT"


async def test_a_postfix_that_was_restarted_gets_the_next_message(postfix: Postfix) -> None:
    place = f"127.0.0.1:{postfix.port}"
    assert (await forward(place)).delivered
    await asyncio.to_thread(postfix.until_mail)
    postfix.stop()
    with pytest.raises(LookupFailure, match="Connect"):
        await forward(place)
    postfix.start()
    assert (await forward(place)).delivered
    assert len(await asyncio.to_thread(postfix.until_mail, 2)) == 2


# -- what is not clear


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("answer", [CLOSE, "HTTP/1.0", "354 Go on", "999 x", "250-" + "x" * 5000, "250-x\r\n550 y|close"])
async def test_without_a_clear_answer_behind_the_final_dot_nobody_else_is_tried(used: bool, answer: str) -> None:
    async with fake_smtp() as fake, fake_smtp() as other:
        if used:
            assert (await forward(fake.peer.place)).delivered
        fake.answers["END"] = answer
        with pytest.raises(LookupFailure, match="may have taken it"):
            await forward(fake.peer.place, fallback=[other.peer.place])
        assert (fake.peer.calls, other.peer.calls, len(fake.messages)) == (1, 0, 1 + used)


@asynccontextmanager
async def garbage(octets: bytes) -> AsyncIterator[FakePeer]:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(octets)
        await writer.drain()
        await reader.read()

    async with fake_peer(script) as peer:
        yield peer


@pytest.mark.parametrize(
    "octets", [b"x" * 100_000, b"220-x\r\n" * 500, b"\0" * 50 + b"\n", b"220 a\r\n250-" + b"y" * 10_000, b"220\xff\r\n"]
)
async def test_garbage_is_bounded_and_passed_over(octets: bytes) -> None:
    async with garbage(octets) as bad, fake_smtp() as good:
        assert (await forward(bad.place, fallback=[good.peer.place], timeout=5)).delivered


async def test_words_of_a_server_are_harmless_in_our_reply_and_log() -> None:
    async with fake_smtp(RCPT="550 5.1.1 bad\x1b[31m\x00 " + "x" * 1500) as fake:
        outcome = await forward(fake.peer.place)
        assert outcome.text.startswith("bad [31m xxx") and len(outcome.text) < 300
    async with fake_smtp(GREETING="554 5.0.0 \x1b[31m\x07") as fake:
        with pytest.raises(LookupFailure) as raised:
            await forward(fake.peer.place)
        assert str(raised.value).isprintable()


# -- a client that goes, a delivery that is stopped


async def test_a_client_that_has_gone_gets_nothing_delivered() -> None:
    async with fake_smtp() as fake:
        outcome = await forward(fake.peer.place, envelope=WrittenEnvelope(SENT.sender, SENT.recipients, gone=True))
        assert outcome == Delivery(False, "The client has gone", enhanced="4.4.2")
        await fake.until_open(0)
        assert fake.messages == []


class Slow(WrittenMessage):
    """A message whose last chunk comes when told."""

    def __init__(self) -> None:
        super().__init__()
        self.reading, self.go_on = threading.Event(), threading.Event()

    def chunks(self) -> Iterator[bytes]:
        yield b"Subject: slow\r\n\r\n"
        self.reading.set()
        assert self.go_on.wait(10)
        yield b"x\r\n"


async def test_a_delivery_that_is_cancelled_before_the_end_never_happens() -> None:
    async with fake_smtp() as fake:
        message = Slow()
        task = asyncio.create_task(forward(fake.peer.place, message))
        await asyncio.to_thread(message.reading.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        message.go_on.set()
        await fake.until_open(0)
        assert fake.messages == []


async def test_a_message_that_cannot_be_read_to_its_end_is_not_sent() -> None:
    class Torn(WrittenMessage):
        def chunks(self) -> Iterator[bytes]:
            yield b"half\r\n"
            raise OSError(5, "spool")

    async with fake_smtp() as fake:
        with pytest.raises(LookupFailure, match="spool"):
            await forward(fake.peer.place, Torn())
        await fake.until_open(0)
        assert fake.messages == []


async def test_a_server_that_ends_the_connection_while_the_message_comes_has_not_taken_it() -> None:
    async with fake_smtp(DATA="354 Go on|close") as bad, fake_smtp() as good:
        big = WrittenMessage((b"x" * 70 + b"\r\n",) * 13_000)
        assert (await forward(bad.peer.place, big, fallback=[good.peer.place])).delivered
        assert (len(bad.messages), len(good.messages)) == (0, 1)


# -- what it costs


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_smtp() as fake, fake_smtp(MAIL=CLOSE) as bad:
        await forward(fake.peer.place)
        await fake.until_open(1)
        before = descriptors()
        for _ in range(20):
            assert (await forward(bad.peer.place, fallback=["127.0.0.1:1", fake.peer.place])).delivered
        await bad.until_open(0)
        assert descriptors() <= before


async def test_a_large_message_is_never_in_memory_as_a_whole() -> None:
    class Large(WrittenMessage):
        def chunks(self) -> Iterator[bytes]:
            for number in range(2000):
                yield b".%063d\r\n" % number * 256

    async def discarding(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n250 8BITMIME\r\n250 Ok\r\n250 Ok\r\n354 Go on\r\n")
        end = b""
        while not end.endswith(b"\r\n.\r\n"):
            end = end[-8:] + await reader.read(65536)
        writer.write(b"250 Ok\r\n")

    async with fake_peer(discarding) as peer:
        await forward(peer.place)
        tracemalloc.start()
        try:
            assert (await forward(peer.place, Large())).delivered
            assert tracemalloc.get_traced_memory()[1] < 1_500_000
        finally:
            tracemalloc.stop()
