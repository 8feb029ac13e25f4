"""Connections to one server, used again for the next message.

There are never more than the server's `connections`, so as many rest at most; one that rests too long is closed, and one
whose server says something or goes away meanwhile is closed at once.
"""

from __future__ import annotations

import asyncio

from qpsmtpd.stdlib.queue.onward.handing_on import PerLoop
from qpsmtpd.stdlib.queue.onward.smtp_client import Server, SmtpClient

IDLE = 30.0
"""Seconds that a connection may rest: servers close such ones after minutes, busy ones sooner."""


class Pool:
    """The connections of one event loop to one server."""

    def __init__(self, server: Server) -> None:
        self.turns = asyncio.Semaphore(server.connections)
        """Must be held by whoever uses a connection."""
        self._resting: dict[SmtpClient, asyncio.TimerHandle] = {}

    def take(self) -> SmtpClient | None:
        """The connection that has rested shortest, if one is still good."""
        while self._resting:
            client, timer = self._resting.popitem()
            timer.cancel()
            if client.wake():
                return client
            client.abort()
        return None

    def give_back(self, client: SmtpClient) -> None:
        """Takes a connection after its use: it rests when another message may follow, else it is closed."""
        if not (client.usable and client.in_step):
            client.abort()
            return
        self._resting[client] = asyncio.get_running_loop().call_later(IDLE, self._over, client)
        client.rest(lambda: self._lost(client))

    def close(self) -> None:
        """Takes leave of all servers that rest."""
        while self._resting:
            client, timer = self._resting.popitem()
            timer.cancel()
            client.quit()

    def _over(self, client: SmtpClient) -> None:
        if self._resting.pop(client, None) is not None:
            client.quit()

    def _lost(self, client: SmtpClient) -> None:
        timer = self._resting.pop(client, None)
        if timer is not None:
            timer.cancel()
            client.abort()


pool_of: PerLoop[Server, Pool] = PerLoop(Pool)
