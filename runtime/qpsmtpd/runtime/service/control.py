"""The control socket: how `qpsmtpd reload` and `qpsmtpd status` talk to the running service.

A Unix socket in the state folder, for its owner alone: one line of JSON asks, one line answers. It knows the form of
the talk and no question by meaning.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from qpsmtpd.runtime.service.cannot import Cannot

NAME = "control"
_LONGEST = 4096
_PATIENCE = 5.0
"""Seconds that somebody who has connected may take to ask, and a service to answer what takes it no time."""

Answer = Mapping[str, Any]
Question = Callable[[Mapping[str, Any]], Awaitable[Answer]]
"""Answers one request; one that it does not know has `{"error": …}` as its answer."""


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """A path to the socket that is short enough for the kernel (108 octets), however deep the folder lies."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{NAME}"
    finally:
        os.close(fd)


async def listen(folder: Path, answer: Question) -> asyncio.Server:
    """Opens the control socket in a folder this process has locked; one left by a killed service is replaced. Raises Cannot."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                request = json.loads(await reader.readline())
            reply = await answer(request) if isinstance(request, dict) else {"error": "a request is a JSON object"}
            writer.write(json.dumps(reply).encode("ascii") + b"\n")
            await writer.drain()
        writer.close()

    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        (folder / NAME).unlink(missing_ok=True)
        with _address(folder) as path:
            sock.bind(path)
        (folder / NAME).chmod(0o600)
        sock.listen()
    except OSError as error:
        sock.close()
        raise Cannot(f"cannot open the control socket {folder / NAME}: {os.strerror(error.errno or 0)}") from error
    sock.setblocking(False)
    return await asyncio.start_unix_server(talk, sock=sock, limit=_LONGEST)


def ask(folder: Path, request: Mapping[str, Any], *, patience: float = _PATIENCE) -> dict[str, Any]:
    """Asks the service that runs with this state folder, and waits `patience` seconds for its answer. Raises Cannot without one."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(patience)
    with sock:
        try:
            with _address(folder) as path:
                sock.connect(path)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise Cannot(f"no service is running with the state folder {folder}") from None
        except (TimeoutError, BlockingIOError):
            raise _silent(folder, patience) from None
        except OSError as error:
            raise Cannot(f"cannot reach the service at {folder / NAME}: {os.strerror(error.errno or 0)}") from error
        try:
            sock.sendall(json.dumps(request).encode("ascii") + b"\n")
            with sock.makefile("rb") as stream:
                line = stream.readline()
        except TimeoutError:
            raise _silent(folder, patience) from None
        except OSError:
            line = b""
    if not line.endswith(b"\n"):
        raise Cannot("the service stopped before it answered")
    return _understood(line, folder)


def _silent(folder: Path, patience: float) -> Cannot:
    return Cannot(f"the service with the state folder {folder} has not answered for {patience:g} s: is it stopped, or very busy?")


def _understood(line: bytes, folder: Path) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        raise Cannot(f"what answers at {folder / NAME} is no qpsmtpd")
    if "error" in reply:
        raise Cannot(str(reply["error"]))
    return reply
