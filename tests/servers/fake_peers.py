"""Peers that do what a test says: each connection to a unix socket or a loopback port is one call of a script."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FakePeer:
    """A server that runs; `place` is its path, or ADDRESS:PORT."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._running: set[asyncio.Task[None]] = set()
        self.place = ""
        self.calls = 0
        """Connections so far."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # it has ended, or the test has
        finally:
            self._running.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def stop(self) -> None:
        """Ends all calls."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


@asynccontextmanager
async def fake_peer(script: Script, path: Path | None = None) -> AsyncIterator[FakePeer]:
    """A FakePeer at a unix socket, or at a port of the loopback."""
    peer = FakePeer(script)
    if path is not None:
        server = await asyncio.start_unix_server(peer.answer, path)
        peer.place = str(path)
    else:
        server = await asyncio.start_server(peer.answer, "127.0.0.1", 0)
        peer.place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield peer
    finally:
        server.close()
        await peer.stop()
        await server.wait_closed()
