"""All connections of the service: who may come in, who has stayed too long, and how they leave when the service stops."""

from __future__ import annotations

import asyncio
from typing import Protocol

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.runtime.engine.services import Journal
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.states import Reason
from qpsmtpd.runtime.smtp.sweep import Watched, sweep

_INTERVAL = 1.0
_LAST_MOMENT = 1.0
"""Seconds that cut connections have to be gone."""


class Connection(Watched, Protocol):
    """A connection that may be asked to leave."""

    @property
    def at_rest(self) -> bool:
        """True when no message is under way and nothing is awaited."""


class Connections:
    """Those that are open, in all and by address."""

    def __init__(self, settings: ServerSettings, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.draining = False
        self._settings = settings
        self._journal = journal
        self._connections: set[Connection] = set()
        self._addresses: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._counts = {"connections": 0, "refused": 0, "messages": 0}

    @property
    def open(self) -> int:
        """Open connections."""
        return len(self._connections)

    def stats(self) -> dict[str, int]:
        """Counters since the start: connections, refused ones, messages answered 250; and how many are open."""
        under_way = sum(connection.machine.messages for connection in self._connections)
        return {**self._counts, "messages": self._counts["messages"] + under_way, "open": self.open}

    def start(self) -> None:
        """Begins to sweep."""
        self._timer = self.loop.call_later(_INTERVAL, self._sweep)

    async def drain(self, seconds: float) -> int:
        """Lets messages under way come to an end for so many seconds, says 421 to everybody else; returns how many were cut."""
        self.draining = True
        for connection in tuple(self._connections):
            if connection.at_rest:
                self.dismiss(connection)
        await self._until_empty(seconds)
        cut = tuple(self._connections)
        for connection in cut:
            connection.machine.reason = Reason.SHUTDOWN
            connection.abort()
        await self._until_empty(_LAST_MOMENT)
        if self._timer is not None:
            self._timer.cancel()
        return len(cut)

    # -- what connections call

    def admit(self, connection: Connection, address: str) -> tuple[int, bytes | None]:
        """Counts a connection in; gives how many its address has now, and the reply when that is too many."""
        host = _unmapped(address)
        count = self._addresses.get(host, 0) + 1
        self._counts["connections"] += 1
        refusal = self._refusal(count)
        if refusal is not None:
            self._counts["refused"] += 1
            self._journal.record("connect", "notice", ip=host, verdict="refused", text=refusal.decode("ascii").rstrip())
            return count, refusal
        self._addresses[host] = count
        self._connections.add(connection)
        return count, None

    def release(self, connection: Connection) -> bool:
        """Counts a connection out; False when it never was in."""
        if connection not in self._connections:
            return False
        self._connections.remove(connection)
        host = _unmapped(connection.machine.session.peer[0])
        left = self._addresses[host] - 1
        if left:
            self._addresses[host] = left
        else:
            del self._addresses[host]
        self._counts["messages"] += connection.machine.messages
        if not self._connections:
            self._empty.set()
        return True

    def dismiss(self, connection: Connection) -> None:
        """Says goodbye to a connection at rest, since the service stops."""
        connection.cut(replies.SHUTTING_DOWN, Reason.SHUTDOWN)

    def _refusal(self, count: int) -> bytes | None:
        if self.draining:
            return replies.SHUTTING_DOWN
        if len(self._connections) >= self._settings.max_connections:
            return replies.TOO_MANY_CONNECTIONS
        if count > self._settings.max_connections_per_ip:
            return replies.TOO_MANY_FROM_YOU
        return None

    def _sweep(self) -> None:
        self._timer = self.loop.call_later(_INTERVAL, self._sweep)
        sweep(self._connections, self.loop.time())

    async def _until_empty(self, seconds: float) -> None:
        if not self._connections:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return


def _unmapped(address: str) -> str:
    return address.removeprefix("::ffff:")
