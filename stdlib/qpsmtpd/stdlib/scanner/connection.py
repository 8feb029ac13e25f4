"""Connections to daemons: opened, counted, and closed whatever happens.

Each holds one socket for one question. It is closed in the same step in which its user ends or is cancelled, so no
deadline leaves a descriptor behind. What a daemon says is taken up to a limit that its user sets. Knows no protocol.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from qpsmtpd.dsl.model.values import LookupFailure
from qpsmtpd.stdlib.scanner.server_names import Internet, parsed

if TYPE_CHECKING:
    from socket import socket

_T = TypeVar("_T")
_READ = 16 * 1024
_AGAIN = 0.05
"""Seconds until a Unix socket whose queue is full is tried again."""


async def first_answer(servers: Sequence[str], patience: float, ask: Callable[[Connection], Awaitable[_T]]) -> _T:
    """The answer of the first server that gives one; each but the last has `patience` seconds.

    Raises LookupFailure that tells of every server what was the matter.
    """
    import asyncio  # whoever only checks rules does without

    troubles = []
    for place, server in enumerate(servers, 1):
        limit = asyncio.timeout(patience if place < len(servers) else None)
        try:
            async with limit, _connected(server) as connection:
                return await ask(connection)
        except (LookupFailure, OSError) as error:
            trouble = f"no answer within {patience:g} s" if limit.expired() else str(error) or type(error).__name__
            troubles.append(f"{server}: {trouble}")
    raise LookupFailure("; ".join(troubles))


class Connection:
    """A connection to a daemon that listens."""

    def __init__(self, sock: socket, loop: Any) -> None:
        self._sock = sock
        self._loop = loop

    async def send(self, octets: bytes) -> bool:
        """False when the daemon takes nothing any more; it may have said why. Raises OSError."""
        try:
            await self._loop.sock_sendall(self._sock, octets)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def end(self) -> None:
        """Says that nothing more will be sent."""
        with suppress(OSError):  # who has gone needs no end
            self._sock.shutdown(1)  # SHUT_WR

    async def receive(self, limit: int, until: bytes = b"") -> bytes:
        """What the daemon says, to its end, or to where `until` has come.

        Raises LookupFailure when it is more than `limit` octets, OSError when the connection breaks before it says anything.
        """
        said = b""
        while not until or until not in said:
            try:
                part = await self._loop.sock_recv(self._sock, _READ)
            except ConnectionResetError:
                if not said:
                    raise
                break  # it has closed without reading all that it was sent: what it has said is all
            if not part:
                break
            said += part
            if len(said) > limit:
                raise LookupFailure(f"it answered with more than {limit} octets")
        return said


@asynccontextmanager
async def _connected(server: str) -> AsyncIterator[Connection]:
    import asyncio  # see above

    place = parsed(server)
    sock = await (_reached(place) if isinstance(place, Internet) else _joined(place))
    try:
        yield Connection(sock, asyncio.get_running_loop())
    finally:
        sock.close()


async def _joined(path: str) -> socket:
    """A connected Unix socket. Raises OSError."""
    import asyncio  # see above
    import socket

    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.setblocking(False)
        while True:
            try:
                sock.connect(path)
            except BlockingIOError:
                # its queue is full, and nothing tells when it is not: the event loop would call it connected
                await asyncio.sleep(_AGAIN)
            else:
                return sock
    except BaseException:
        sock.close()
        raise


async def _reached(place: Internet) -> socket:
    """A socket connected to the first address of a host that takes it. Raises OSError."""
    import asyncio  # see above
    import socket

    loop = asyncio.get_running_loop()
    trouble = OSError("the host has no address")
    for family, address in await _addresses(place, loop):
        sock = socket.socket(family)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            trouble = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise trouble


async def _addresses(place: Internet, loop: Any) -> list[tuple[int, tuple[Any, ...]]]:
    import socket

    try:
        version = ip_address(place.host).version
    except ValueError:
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]
    return [(socket.AF_INET6 if version == 6 else socket.AF_INET, (place.host, place.port))]
