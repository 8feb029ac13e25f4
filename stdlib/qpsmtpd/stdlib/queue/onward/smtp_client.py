"""A connection to an SMTP server: greetings, commands and replies, all bounded. What is said over it is decided elsewhere."""

from __future__ import annotations

import asyncio
import re
import select
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import SupportsIndex

from qpsmtpd.dsl.model.values import LookupFailure
from qpsmtpd.stdlib.queue.onward.handing_on import NotTaken
from qpsmtpd.stdlib.queue.onward.smtp_reply import Closing, Reply, line_of

PIPELINED = 100
"""Commands that are sent at once to a server that takes them so (RFC 2920): less than any buffer holds."""
_LONGEST_LINE = 2048
_MOST_LINES = 100
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Server:
    """A server, by what name we greet it, and how many connections it gets at most."""

    host: str
    port: int
    helo: str
    connections: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class _Ear(asyncio.StreamReader):
    """Tells, too, when something comes or the connection ends while nobody waits for it."""

    stirred: Callable[[], None] | None = None
    unread = 0
    """Octets that have come and were not read."""

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        octets = bytes(data)
        self.unread += len(octets)
        super().feed_data(octets)
        self._stir()

    def feed_eof(self) -> None:
        super().feed_eof()
        self._stir()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self._stir()

    def _stir(self) -> None:
        if self.stirred is not None:
            self.stirred()


class SmtpClient:
    """Our end of a connection."""

    def __init__(self, ear: _Ear, writer: asyncio.StreamWriter) -> None:
        self._ear = ear
        self.writer = writer
        self.offers: Mapping[str, str] = {}
        """The extensions of the server, keywords in upper case, with their parameters."""
        self.usable = False
        """It is known where the dialogue stands, so that another message may follow."""
        self.unfinished = False
        """A transaction was begun and is not over."""

    @classmethod
    async def open(cls, server: Server) -> SmtpClient:
        """Connects and greets. Raises NotTaken when the server does not want us; OSError, LookupFailure."""
        loop = asyncio.get_running_loop()
        ear = _Ear(limit=_LONGEST_LINE, loop=loop)
        protocol = asyncio.StreamReaderProtocol(ear, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, server.host, server.port)
        client = cls(ear, asyncio.StreamWriter(transport, protocol, ear, loop))
        try:
            greeting = await client.reply()
            if greeting.code != 220:
                raise NotTaken(f"it greets with {greeting}", greeting.for_client() if 400 <= greeting.code < 500 else None)
            await client.greet(server.helo)
        except BaseException:
            client.abort()
            raise
        return client

    async def greet(self, name: str) -> None:
        """EHLO, or HELO to a server that does not know it. Raises NotTaken when the server wants neither."""
        reply = await self.command(f"EHLO {name}")
        if reply.code == 250:
            self.offers = dict(_offer(line) for line in reply.lines[1:] if _KEYWORD.match(line))
            return
        self.offers = {}
        if reply.code >= 500:
            reply = await self.command(f"HELO {name}")
        if reply.code != 250:
            raise NotTaken(f"it answers our greeting with {reply}", reply.for_client() if 400 <= reply.code < 500 else None)

    async def reset(self) -> None:
        """Ends a transaction that was begun. Raises ConnectionError when the server does not do that."""
        reply = await self.command("RSET")
        if reply.code != 250:
            raise ConnectionResetError(f"it answers RSET with {reply}")
        self.unfinished = False

    async def command(self, line: str) -> Reply:
        (reply,) = await self.commands([line])
        return reply

    async def commands(self, lines: Sequence[str]) -> list[Reply]:
        """The replies to commands, which are sent together as far as the server takes that."""
        replies: list[Reply] = []
        at_once = PIPELINED if "PIPELINING" in self.offers else 1
        for start in range(0, len(lines), at_once):
            batch = lines[start : start + at_once]
            self.writer.write("".join(f"{line}\r\n" for line in batch).encode())
            await self.writer.drain()
            for _ in batch:
                replies.append(await self.reply())
        return replies

    async def reply(self) -> Reply:
        """The next reply. Raises Closing when the server ends the connection by it, ConnectionError when it ends without one."""
        lines: list[str] = []
        codes: set[int] = set()
        for _ in range(_MOST_LINES):
            code, last, text = line_of(await self._line())
            lines.append(text)
            codes.add(code)
            if last:
                if len(codes) > 1:
                    raise LookupFailure("its reply has several codes")
                reply = Reply(code, lines)
                if code == 421:
                    raise Closing(f"it answers {reply}", reply.for_client())
                return reply
        raise LookupFailure("its reply does not end")

    async def _line(self) -> bytes:
        try:
            line = await self._ear.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("it has closed the connection") from None
        except asyncio.LimitOverrunError:
            raise LookupFailure("it does not speak SMTP") from None
        self._ear.unread -= len(line)
        return line

    @property
    def in_step(self) -> bool:
        """The server has said no more than it was asked."""
        return self._ear.unread == 0

    def rest(self, stirred: Callable[[], None]) -> None:
        """Nothing is said from here on; `stirred` is called when the server says something or goes away."""
        self._ear.stirred = stirred

    def wake(self) -> bool:
        """Ends the rest; False when the server has said something or gone away, as far as the kernel knows."""
        self._ear.stirred = None
        if self.writer.transport.is_closing():
            return False
        poll = select.poll()
        poll.register(self.writer.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)
        return not poll.poll(0)

    def quit(self) -> None:
        """Takes leave, without waiting for an answer."""
        self._ear.stirred = None
        self.writer.write(b"QUIT\r\n")
        self.writer.close()

    def abort(self) -> None:
        """Closes the connection at once, and what was not sent by then is not sent."""
        self._ear.stirred = None
        self.writer.transport.abort()


def _offer(line: str) -> tuple[str, str]:
    keyword, _, parameters = line.partition(" ")
    return keyword.upper(), parameters
