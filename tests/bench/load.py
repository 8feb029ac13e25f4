"""One run of a load client against one server: what is measured, and how it went."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench import place, process
from bench.servers import Server

_LIMIT = 60.0
"""The most seconds that one run may take."""


class Load(Protocol):
    """Something that a load client can do to a server so many times, `concurrent` of them at once."""

    @property
    def title(self) -> str: ...
    @property
    def concurrent(self) -> int: ...
    def command(self, server: Server, count: int) -> list[str]:
        """The load client's command line."""
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """A thing to measure: messages of `size` octets, or (`size` 0) connect, EHLO and QUIT; at most `goal` times the
    CPU of smtp-sink, and `haraka` times that of Haraka, as the project's goals have it."""

    title: str
    size: int
    many: bool = False
    concurrent: int = 20
    goal: float | None = None
    haraka: float | None = None

    def command(self, server: Server, count: int) -> list[str]:
        """Postfix's smtp-source for messages, smtpload for bare connections."""
        sessions = min(self.concurrent, count)
        if not self.size:
            return [str(place.LOAD_CLIENT), "flood", "127.0.0.1", str(server.port), str(count), str(sessions)]
        options = [*amount(count, sessions, self.size), *(["-d"] if self.many else [])]
        return source(options, "127.0.0.1", server.port)


def amount(count: int, sessions: int, size: int) -> list[str]:
    """Options of smtp-source: so many messages of that size over so many connections at once."""
    return ["-s", str(sessions), "-m", str(count), "-l", str(size), "-C", "5"]


def source(options: Sequence[str], address: str, port: int) -> list[str]:
    """A command line of smtp-source with the envelope that all servers take."""
    envelope = ["-f", place.ADDRESS, "-t", place.ADDRESS, "-M", place.DOMAIN]
    return [str(place.SMTP_SOURCE), "-4", *envelope, *options, f"inet:{address}:{port}"]


MEASURES = (
    Measure("4 KiB, many a connection", 4096, many=True, goal=1.5, haraka=0.25),
    Measure("4 KiB, one a connection", 4096),
    Measure("100 KiB, many a connection", 100 * 1024, many=True, goal=1.2),
    Measure("connect, EHLO, QUIT", 0, goal=1.8),
)

IDLE_GOAL = 6.0
"""KiB of our memory for each idle connection."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run cost: microseconds of the server's CPU each, how many a second, and the cores that strangers used meanwhile."""

    cpu: float
    rate: float
    others: float


class Failed(Exception):
    """The load client met an error; the text is its last word."""


def once(load: Load, server: Server, count: int) -> Run:
    """Sends `count` messages (or connections) and says what each cost. Raises Failed."""
    before, strangers = process.cpu(server.pid), _strangers(server)
    start = time.perf_counter()
    try:
        done = subprocess.run(load.command(server, count), capture_output=True, check=False, text=True, timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        raise Failed(f"{server.name}: no end after {_LIMIT:.0f} s") from None
    wall = time.perf_counter() - start
    used = process.cpu(server.pid) - before
    if done.returncode:
        words = (done.stdout + done.stderr).strip().splitlines()
        raise Failed(f"{server.name}: {words[-1] if words else f'exit {done.returncode}'}")
    others = max(0.0, _strangers(server) - strangers - used) / wall
    return Run(used / count * 1e6, count / wall, others)


def _strangers(server: Server) -> float:
    """CPU seconds that the machine has used for others than the load clients and the daemons that the server asks."""
    return process.machine() - process.own() - sum(process.cpu(pid) for pid in server.daemons)


def memory_per_connection(server: Server, count: int) -> float:
    """KiB that an idle connection adds to the server, after EHLO, when `count` are open. Raises Failed.

    It is the growth from half of them to all: what the first ones need may come out of memory that the start left free.
    """
    with _held(server, count // 2):
        half = process.memory(server.pid).pss
        with _held(server, count - count // 2):
            return (process.memory(server.pid).pss - half) / (count - count // 2)


@contextlib.contextmanager
def _held(server: Server, count: int) -> Iterator[None]:
    """So many connections, open and idle. Raises Failed."""
    hold = [str(place.LOAD_CLIENT), "hold", "127.0.0.1", str(server.port), str(count), "100"]
    with subprocess.Popen(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout and client.stdin
        if not select.select([client.stdout], [], [], _LIMIT)[0]:
            client.kill()
            raise Failed(f"{server.name}: {count} connections did not open in {_LIMIT:.0f} s")
        opened = json.loads(client.stdout.readline())
        try:
            if opened["done"] < count:
                raise Failed(f"{server.name}: only {opened['done']} of {count} connections stayed open")
            time.sleep(0.5)  # let the server finish what it does after a greeting
            yield
        finally:
            client.stdin.close()
            client.wait(30)
