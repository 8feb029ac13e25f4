"""Daemons that misbehave: each does with a connection what a test says, on a Unix socket."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ScriptedDaemon:
    """A daemon at `socket`; `asked` counts its connections, `open` those that neither side has closed."""

    def __init__(self, socket: str, script: Script) -> None:
        self.socket = socket
        self.asked = 0
        self.open = 0
        self._script = script
        self._changed = asyncio.Condition()

    async def until_asked(self, times: int = 1) -> None:
        """Waits until that many have connected."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: self.asked >= times), 20)

    async def until_idle(self) -> None:
        """Waits until every connection is closed."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: not self.open), 20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._changed:
            self.asked += 1
            self.open += 1
            self._changed.notify_all()
        with suppress(ConnectionError):
            await self._script(reader, writer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        async with self._changed:
            self.open -= 1
            self._changed.notify_all()


@asynccontextmanager
async def scripted_daemon(folder: Path, script: Script, name: str = "daemon.sock") -> AsyncIterator[ScriptedDaemon]:
    """A ScriptedDaemon that runs."""
    daemon = ScriptedDaemon(str(folder / name), script)
    server = await asyncio.start_unix_server(daemon._serve, daemon.socket)
    try:
        yield daemon
    finally:
        server.close()


def answering(answer: bytes) -> Script:
    """Takes all that comes, then answers and closes; the end of a clamd stream is an end, too."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(reader)
        writer.write(answer)

    return script


async def taken(reader: asyncio.StreamReader) -> bytes:
    """What the client sends, to the end of its request."""
    got = b""
    while part := await reader.read(65536):
        got += part
        if got.startswith(b"zINSTREAM\0") and got.endswith(bytes(4)):
            break
    return got


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes all that comes and never says anything."""
    await taken(reader)
    await until_gone(writer)


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes nothing and says nothing."""
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    await until_gone(writer)


async def until_gone(writer: asyncio.StreamWriter) -> None:
    """Waits until the client has closed its socket, and not only its half of it."""
    gone = select.poll()
    gone.register(writer.get_extra_info("socket"), 0)
    assert await asyncio.to_thread(gone.poll, 20_000)
