"""An SMTP server whose every answer a test may choose, for what a real one does only when it is broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from servers.fake_peers import FakePeer, fake_peer

HANG = "hang"
CLOSE = "close"
_TURNS = 1000
"""Turns of the event loop within which both ends of a connection know what has happened to it."""
_USUAL = {
    "GREETING": "220 fake.test ESMTP",
    "EHLO": "250-fake.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME",
    "HELO": "250 fake.test",
    "DATA": "354 Go on",
    "END": "250 2.0.0 Ok: queued as 4XyZ",
    "QUIT": "221 Bye",
}


class FakeSmtp:
    """Answers by command: the whole line, else its verb; `GREETING` and `END` are those without one.

    An answer may be HANG, CLOSE, or text and then `|close`: it is said, and the connection ended.
    """

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = {**_USUAL, **answers}
        self.peer: FakePeer
        self.once: dict[str, str] = {}
        """Answers that are given a single time, by command."""
        self.said: list[str] = []
        """The commands of all connections, in order."""
        self.messages: list[bytes] = []
        """What came behind DATA, up to its dot."""
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self.open = 0
        self.most = 0
        """The most connections that were open at a time."""

    @property
    def port(self) -> int:
        return int(self.peer.place.rpartition(":")[2])

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.open += 1
        self._changed.set()
        self.most = max(self.most, self.open)
        try:
            await self._answer(writer, "GREETING")
            while line := (await reader.readline()).decode("utf-8").rstrip("\r\n"):
                self.said.append(line)
                if await self._answer(writer, line) == "354":
                    await self._message(reader, writer)
                if line == "QUIT":
                    return
        finally:
            self._writers.discard(writer)
            self.open -= 1
            self._changed.set()

    async def until_open(self, number: int) -> None:
        """Comes back when it has so many open connections, and has read what the others had to say."""
        async with asyncio.timeout(10):
            while self.open != number:
                self._changed.clear()
                await self._changed.wait()
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    async def end_all(self, last: str) -> None:
        """Ends all connections, with a last word when it is none of the above."""
        for writer in self._writers:
            if last != CLOSE:
                writer.write(last.partition("|")[0].encode() + b"\r\n")
            writer.close()

    async def _message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines: list[bytes] = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionResetError
            lines.append(line)
        self.messages.append(b"".join(lines))
        await self._answer(writer, "END")

    async def _answer(self, writer: asyncio.StreamWriter, line: str) -> str:
        usual = self.answers.get(line.split()[0].upper(), "250 2.1.0 Ok")
        text, _, more = self.once.pop(line.split()[0], self.answers.get(line, usual)).partition("|")
        if text == HANG:
            await asyncio.Event().wait()
        if text == CLOSE:
            raise ConnectionResetError
        writer.write(text.encode() + b"\r\n")
        await writer.drain()
        if more == CLOSE:
            raise ConnectionResetError
        return text[:3]


@asynccontextmanager
async def fake_smtp(**answers: str) -> AsyncIterator[FakeSmtp]:
    """A FakeSmtp on a port of the loopback, with these answers."""
    fake = FakeSmtp(answers)
    async with fake_peer(fake.talk) as fake.peer:
        yield fake
