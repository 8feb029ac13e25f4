"""The listening sockets: made as the rules' `bind` lines say, once, when the service starts."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Iterable

from qpsmtpd.dsl.model.settings import parse_endpoint
from qpsmtpd.runtime.service.cannot import Cannot

BACKLOG = 4096
"""Connections that the kernel keeps until they are accepted."""
_ACCEPTED_AT_ONCE = 32
"""asyncio accepts as many connections in a row as its backlog says, and reports as many errors when descriptors have run out."""
_LOOPBACK = ("127.0.0.1", "::1")


def open_sockets(endpoints: Iterable[str]) -> list[socket.socket]:
    """A listening socket for each `ADDRESS:PORT`; `localhost` is both loopback addresses. Raises Cannot, with none left open."""
    made: list[socket.socket] = []
    try:
        for endpoint in endpoints:
            made += _opened(endpoint)
    except Cannot:
        for one in made:
            one.close()
        raise
    return made


def _opened(endpoint: str) -> list[socket.socket]:
    host, port = parse_endpoint(endpoint)
    if host != "localhost":
        return [_listen_or_say(endpoint, host, port)]
    first, second = _LOOPBACK
    made = [_listen_or_say(endpoint, first, port)]
    try:
        made.append(_listen(second, port))
    except OSError as error:
        # a machine without IPv6 has a localhost all the same
        if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            made[0].close()
            raise Cannot(_reason(endpoint, error)) from error
    return made


def _listen_or_say(endpoint: str, address: str, port: int) -> socket.socket:
    try:
        return _listen(address, port)
    except OSError as error:
        raise Cannot(_reason(endpoint, error)) from error


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio sets TCP_NODELAY only on the children of a socket that says it is TCP
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


async def accept(protocol: Callable[[], asyncio.BaseProtocol], sock: socket.socket) -> asyncio.Server:
    """Serves a listening socket from now on."""
    server = await asyncio.get_running_loop().create_server(protocol, sock=sock, backlog=_ACCEPTED_AT_ONCE)
    sock.listen(BACKLOG)
    return server


def _reason(endpoint: str, error: OSError) -> str:
    known = {
        errno.EADDRINUSE: "another program listens there already",
        errno.EACCES: "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: "this machine does not have that address",
    }
    return f"cannot listen on {endpoint}: {known.get(error.errno or 0, os.strerror(error.errno or 0))}"


def shown(sock: socket.socket) -> str:
    """The address of a socket as `ADDRESS:PORT`."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
