"""Takes one question to one name server and brings its reply back: UDP from a random port, TCP where UDP is too small.

What does not answer the question is ignored, whoever sends it. Knows neither retries nor caches.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from qpsmtpd.runtime.service.dns_wire import Question, ServerFailed, reply, truncated

if TYPE_CHECKING:
    import dns.message

Endpoint = tuple[str, int]
"""A name server's numeric address and port."""


async def exchange(asked: Question, server: Endpoint) -> dns.message.Message:
    """The server's reply. Raises ServerFailed when the server cannot be reached; waits as long as the caller lets it."""
    try:
        found = await _by_udp(asked, server)
        return found if found is not None else await _by_tcp(asked, server)
    except (OSError, asyncio.IncompleteReadError) as error:
        raise ServerFailed(type(error).__name__) from None


class _Listening(asyncio.DatagramProtocol):
    """Waits for the datagram that answers the question."""

    def __init__(self, asked: Question, done: asyncio.Future[dns.message.Message | None]) -> None:
        self._asked = asked
        self._done = done

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self._done.done():
            return
        if truncated(self._asked, data):
            self._done.set_result(None)
        elif (found := reply(self._asked, data)) is not None:
            self._done.set_result(found)

    def error_received(self, exc: Exception) -> None:
        if not self._done.done():
            self._done.set_exception(exc)


async def _by_udp(asked: Question, server: Endpoint) -> dns.message.Message | None:
    """None when the answer is truncated."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[dns.message.Message | None] = loop.create_future()
    # a socket of its own for each question: the kernel picks a port that nobody can guess, and drops other peers' datagrams
    transport, _ = await loop.create_datagram_endpoint(lambda: _Listening(asked, done), sock=_connected(server))
    try:
        transport.sendto(asked.octets)
        return await done
    finally:
        transport.abort()


def _connected(server: Endpoint) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect(server)
    except BaseException:
        sock.close()
        raise
    return sock


async def _by_tcp(asked: Question, server: Endpoint) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(len(asked.octets).to_bytes(2, "big") + asked.octets)
        length = int.from_bytes(await reader.readexactly(2), "big")
        found = reply(asked, await reader.readexactly(length))
    finally:
        writer.transport.abort()
    if found is None:
        raise ServerFailed("a reply to another question")
    return found
