"""Name servers that misbehave: silent ones, and ones that answer as a test says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager


@contextmanager
def silent_server() -> Iterator[str]:
    """`ADDRESS:PORT` of a server that takes every question and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{sock.getsockname()[1]}"


@contextmanager
def absent_server() -> Iterator[str]:
    """`ADDRESS:PORT` at which nobody listens."""
    # a connected socket holds the port and takes datagrams of one peer only
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.connect(sock.getsockname())
        yield f"127.0.0.1:{sock.getsockname()[1]}"


class ScriptedServer(asyncio.DatagramProtocol):
    """Answers each question with the datagrams that `script` makes of it."""

    def __init__(self, script: Callable[[bytes], Iterable[bytes]]) -> None:
        self._script = script
        self.asked: list[bytes] = []
        self.peers: list[tuple[str, int]] = []
        self.address = ""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.address = "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])

    def say(self, octets: bytes, peer: tuple[str, int]) -> None:
        """Sends a datagram when the test wants it."""
        self._transport.sendto(octets, peer)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        self.peers.append(addr)
        for octets in self._script(data):
            self.say(octets, addr)


@asynccontextmanager
async def scripted_server(script: Callable[[bytes], Iterable[bytes]]) -> AsyncIterator[ScriptedServer]:
    """A ScriptedServer that runs."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: ScriptedServer(script), local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.abort()
