"""Workers that throw input after input at the checker, each in a process of its own, which may break.

An input lies in the worker's folder while it is tried, so that one that ends the process is known afterwards.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path

from fuzz.trial import Input, Outcome, drawn, tried

_MEMORY = 2 << 30
"""Octets that an input may take."""
_TOLD = 2.0
"""Seconds between a worker's reports."""
_KEPT = 3000
"""Inputs that gave a new kind of finding, to be changed again."""


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one or of all workers."""

    inputs: int = 0
    slowest: float = 0.0
    shapes: set[str] = field(default_factory=set)
    faults: int = 0

    def add(self, other: Tally) -> None:
        self.inputs += other.inputs
        self.slowest = max(self.slowest, other.slowest)
        self.shapes |= other.shapes
        self.faults += other.faults


def all_workers(count: int, seed: int, minutes: float, keep: Path) -> Tally:
    """Runs workers until the time is over. One that breaks counts as a fault, and another takes its place."""
    until, total = time.monotonic() + 60 * minutes, Tally()
    seeds = iter(range(seed * 1000, (seed + 1) * 1000))
    running = [_Worker(next(seeds), until, keep) for _ in range(count)]
    while running:
        ready = connection.wait([worker.reports for worker in running])
        for worker in [each for each in running if each.reports in ready]:
            report = worker.report()
            if report is not None:
                total.add(report)
                continue
            running.remove(worker)
            if worker.broke():
                total.faults += 1
                running += [_Worker(next(seeds), until, keep)] if time.monotonic() < until else []
    return total


class _Worker:
    """A process, and where its reports come from."""

    def __init__(self, seed: int, until: float, keep: Path) -> None:
        self.reports, tell = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=_work, args=(seed, until, keep, tell))
        self._process.start()
        tell.close()

    def report(self) -> Tally | None:
        """The next report; None when the process has ended."""
        try:
            found = self.reports.recv()
        except EOFError:
            return None
        assert isinstance(found, Tally)
        return found

    def broke(self) -> bool:
        self._process.join()
        return self._process.exitcode != 0


def _work(seed: int, until: float, keep: Path, tell: connection.Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    tally, known, told = Tally(), set[str](), time.monotonic()
    found: list[Input] = []
    for number, (given, outcome) in enumerate(_outcomes(seed, until, keep / f"worker-{seed}", found)):
        tally.inputs += 1
        tally.slowest = max(tally.slowest, outcome.seconds)
        if not outcome.shapes <= known and len(found) < _KEPT:
            found.append(given)
        tally.shapes |= outcome.shapes - known
        known |= outcome.shapes
        if outcome.fault:
            tally.faults += 1
            write(keep / f"{seed}-{number}", given, outcome.fault)
        if time.monotonic() > told + _TOLD:
            tell.send(tally)
            tally, told = Tally(), time.monotonic()
    tell.send(tally)


def _outcomes(seed: int, until: float, folder: Path, found: list[Input]) -> Iterator[tuple[Input, Outcome]]:
    draw = random.Random(seed)
    while time.monotonic() < until:
        given = drawn(draw, found)
        write(folder, given, "the process ended while this was tried")
        yield given, tried(given)
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


def write(folder: Path, given: Input, why: str) -> None:
    """Keeps an input, to be looked at and tried again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.q").write_bytes(given.rules)
    (folder / "data").write_bytes(given.data)
    (folder / "other.q").write_bytes(given.other)
    (folder / "why.txt").write_text(why, "utf-8", "backslashreplace")


def kept(folder: Path) -> Input:
    """An input that was kept."""
    return Input(*((folder / name).read_bytes() for name in ("rules.q", "data", "other.q")))
