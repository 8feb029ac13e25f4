"""kill -9 at random points while mail comes in: what was answered 250 is there, once and whole."""

import asyncio
import hashlib
import itertools
import random
import signal
from collections import Counter
from dataclasses import dataclass, field

from running_service import PATIENCE, RunningService, write_rules

KILLS = 20
SESSIONS = 8


@dataclass
class Book:
    """What the clients know: replies seen, the message numbers that were answered 250, and when to pull the plug."""

    numbers: itertools.count = field(default_factory=itertools.count)
    acknowledged: list[int] = field(default_factory=list)
    left: int = 0
    due: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.due.set()


def message(number: int, size: int) -> bytes:
    """A message that says itself whether it is whole."""
    body = b"%06d\n" % number * (size // 7)
    return b"X-Number: %d\nX-Digest: %s\n\n" % (number, hashlib.sha256(body).hexdigest().encode()) + body


def number_of_whole(stored: bytes) -> int:
    """The number of a stored message; asserts that nothing of it is missing."""
    head, _, body = stored.partition(b"\n\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\n") if line.startswith(b"X-"))
    assert hashlib.sha256(body).hexdigest().encode() == fields[b"X-Digest"], "a torn message"
    return int(fields[b"X-Number"])


async def send_until_the_end(port: int, book: Book, chance: random.Random) -> None:
    """Message after message over one connection, until the service is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def reply() -> bytes:
        line = await reader.readuntil(b"\r\n")
        while line[3:4] == b"-":
            line = await reader.readuntil(b"\r\n")
        book.heard()
        return line

    try:
        await reply()
        writer.write(b"EHLO client.example\r\n")
        await reply()
        while True:
            number = next(book.numbers)
            writer.write(b"MAIL FROM:<you@example.net>\r\nRCPT TO:<me@example.org>\r\nDATA\r\n")
            replies = [await reply() for _ in range(3)]
            assert replies[2].startswith(b"354"), replies
            writer.write(message(number, chance.choice([70, 700, 3000, 3000, 300_000])).replace(b"\n", b"\r\n") + b".\r\n")
            await writer.drain()
            if (await reply()).startswith(b"250"):
                book.acknowledged.append(number)
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()


async def load_and_kill(service: RunningService, book: Book, chance: random.Random) -> None:
    book.left, book.due = chance.randint(SESSIONS, SESSIONS * 20), asyncio.Event()
    clients = [asyncio.create_task(send_until_the_end(service.port, book, chance)) for _ in range(SESSIONS)]
    async with asyncio.timeout(PATIENCE):
        await book.due.wait()
        service.signal(signal.SIGKILL)
        await asyncio.gather(*clients)


async def test_kill_at_20_random_points_loses_doubles_and_tears_no_message(tmp_path):
    write_rules(tmp_path)
    book, chance = Book(), random.Random(20)
    for _ in range(KILLS):
        with RunningService(tmp_path) as service:
            await load_and_kill(service, book, chance)
    stored = Counter(number_of_whole(file.read_bytes()) for file in (tmp_path / "Maildir" / "new").iterdir())
    # enough that the rest says something; how many it is depends on how busy the machine is
    assert len(book.acknowledged) > KILLS * SESSIONS // 2
    assert set(book.acknowledged) <= set(stored), "a message that was answered 250 is missing"
    assert set(stored.values()) == {1}, "a message is there twice"
