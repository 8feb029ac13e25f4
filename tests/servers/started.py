"""Starts a server that says nothing when it is ready, and knows that it is: it takes connections."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60.0


@contextmanager
def started(command: Callable[[int], Sequence[str]], log: Path, path: Path) -> Iterator[int]:
    """Runs a command made for a free port of the loopback until the block ends; gives the port, when it listens there and at `path`.

    What it prints goes to `log`. A port may be taken by somebody before the server has it: then it gets another one.
    """
    for _ in range(5):
        port = free_port()
        with log.open("ab") as file:
            process = subprocess.Popen(command(port), stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            if _listens(process, socket.AF_INET, ("127.0.0.1", port)) and _listens(process, socket.AF_UNIX, str(path)):
                yield port
                return
        finally:
            process.terminate()
            process.wait(PATIENCE)
    raise AssertionError(f"it does not start: {log.read_text('utf-8', 'replace')}")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _listens(process: subprocess.Popen[bytes], family: int, address: tuple[str, int] | str) -> bool:
    """True when the server takes connections, False when it has ended."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket(family) as sock:
            if sock.connect_ex(address) == 0:
                return True
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        return False
    raise AssertionError(f"{process.args!r} does not listen")
