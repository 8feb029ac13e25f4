"""Alternation: in every round each server runs once, in turn, so that all meet the same weather.

The host's speed may vary by a factor of two within minutes; only figures of one round compare, which is why ratios
are taken round by round and the median of the ratios is reported.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bench import ours
from bench.load import Failed, Load, Run, once
from bench.servers import Server

_Kind = TypeVar("_Kind", bound=Load)

_MOST = 40_000
_QUIET = 0.25
"""Cores that strangers may use in a run before it is repeated."""
_REPEATS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How long: rounds, and seconds a run."""

    rounds: int
    seconds: float


@dataclass(slots=True)
class Cell(Generic[_Kind]):
    """The runs of one measure: for each server one run a round; a server that failed has its error instead."""

    measure: _Kind
    runs: dict[str, list[Run]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def cpu(self, name: str) -> float:
        """Median CPU in microseconds each."""
        return statistics.median(run.cpu for run in self.runs[name])

    def rate(self, name: str) -> float:
        """Median of how many a second."""
        return statistics.median(run.rate for run in self.runs[name])

    def others(self, name: str) -> float:
        """Median of the cores that strangers used meanwhile."""
        return statistics.median(run.others for run in self.runs[name])

    def ratio(self, name: str, base: str) -> float:
        """Median over the rounds of this server's CPU to the other's."""
        pairs = zip(self.runs[name], self.runs[base], strict=True)
        return statistics.median(mine.cpu / theirs.cpu for mine, theirs in pairs if theirs.cpu)


def measure_all(measure: _Kind, servers: Sequence[Server], plan: Plan) -> Cell[_Kind]:
    """Chooses each server's count by a trial, then runs the rounds."""
    cell = Cell(measure)
    counts: dict[str, int] = {}
    for server in servers:
        try:
            counts[server.name] = _count(measure, server, plan.seconds)
            cell.runs[server.name] = []
        except Failed as failure:
            _drop(cell, server, failure)
    for _ in range(plan.rounds):
        for server in servers:
            if server.name in cell.runs:
                try:
                    cell.runs[server.name].append(_quiet_run(measure, server, counts[server.name]))
                except Failed as failure:
                    _drop(cell, server, failure)
                ours.forget(server.folder)
    return cell


def _drop(cell: Cell[_Kind], server: Server, failure: Failed) -> None:
    cell.runs.pop(server.name, None)
    cell.errors[server.name] = str(failure)
    print(f"{cell.measure.title}: {failure}", file=sys.stderr)


def _count(measure: Load, server: Server, seconds: float) -> int:
    """How many messages last about so many seconds."""
    trial = once(measure, server, 40)
    longer = once(measure, server, max(40, min(_MOST, int(trial.rate * seconds * 0.3))))
    return max(measure.concurrent, min(_MOST, int(longer.rate * seconds)))


def _quiet_run(measure: Load, server: Server, count: int) -> Run:
    """One run, repeated (a few times at most) when strangers were busy meanwhile; the quietest counts."""
    best = once(measure, server, count)
    for _ in range(_REPEATS):
        if best.others <= _QUIET:
            break
        time.sleep(0.3)
        best = min(best, once(measure, server, count), key=lambda run: run.others)
    return best
