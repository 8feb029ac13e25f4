"""The SMTP engine on real sockets of this machine, rules as plain functions; and a client that knows replies."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from qpsmtpd.dsl.model.program import HookCode, ListenerProgram, Program
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.runtime.smtp.adapter import Acceptor
from smtp_dialogue import Delivered, Records, coded, lent, ours

_RESET = struct.pack("ii", 1, 0)


async def until(condition: Callable[[], object]) -> None:
    """Lets the loop run until something holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event for tests
            await asyncio.sleep(0)


class Server:
    """A listening acceptor."""

    def __init__(self, folder: Path, settings: ServerSettings, **hooks: HookCode) -> None:
        self.journal = Records()
        self.delivered = Delivered()
        self.services = lent(self.journal, folder)
        self.settings = settings
        self.acceptor = Acceptor(self.program(**hooks), self.services, loop=asyncio.get_running_loop())
        self.port = 0

    def program(self, **hooks: HookCode) -> Program:
        rules = {"rcpt": ours, "queue": self.delivered.take, **hooks}
        return Program("0", self.settings, (ListenerProgram("mx", ListenerSettings(), rules),), "/nowhere")

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(self.acceptor.protocol("mx"), "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        return listening

    async def client(self) -> Client:
        return Client(*await asyncio.open_connection("127.0.0.1", self.port))

    async def empty(self) -> None:
        """Waits until no connection is open."""
        await until(lambda: not self.acceptor.open)


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> bytes:
        """The next reply; empty at the end of the connection."""
        async with asyncio.timeout(5):
            lines = b""
            while line := await self.reader.readline():
                lines += line
                if line[3:4] != b"-":
                    break
            return lines

    async def say(self, *lines: bytes) -> list[str]:
        """The codes of the greeting's successor replies, one for each line."""
        said = []
        for line in lines:
            self.writer.write(line + b"\r\n")
            said.append(coded(await self.reply()))
        return said

    async def rest(self) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.read()

    def reset(self) -> None:
        """Ends the connection with a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.writer.transport.abort()


Play = Callable[[Server], Coroutine[Any, Any, None]]
