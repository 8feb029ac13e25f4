"""Measures the language by itself, against its goals: checking, the start of the command, compiled hooks, long lists.

Times are CPU times, the least of a few runs, so that other programs of the machine count little.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import hooks, long_lists, many_rules, one_hook, report
from qpsmtpd.dsl.check.check import check
from qpsmtpd.dsl.compile import checked_rules, compile_rules
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.proof import prove
from qpsmtpd.runtime.service.library import library, surroundings

_START = {"`qpsmtpd --version`": ["--version"], "`qpsmtpd check` of ten lines": ["check", "small.q"]}
_SMALL = many_rules.rules(10)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was measured, in what, and what it should be at most (None: no goal)."""

    what: str
    value: float
    unit: str
    goal: float | None = None

    def cells(self) -> list[str]:
        goal = "" if self.goal is None else f"≤ {self.goal:g} {self.unit}"
        met = "" if self.goal is None else "yes" if self.value <= self.goal else "NO"
        return [self.what, f"{report.number(self.value)} {self.unit}".strip(), goal.strip(), met]


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rcpthosts").write_text("example.org\n")
        yield from _checking(folder)
        yield from _proving(folder)
        yield from _starting(folder)
    spent = hooks.nanoseconds()
    yield Row("hook of 20 compiled conditions to the same by hand", spent["compiled"] / spent["by hand"], "", 1.2)
    for made in long_lists.LISTS:
        held = long_lists.measured(made)
        yield Row(f"{made.title}: a test", held.microseconds, "µs", 2)
        yield Row(f"{made.title}: an entry", held.octets, "bytes", 150)
        yield Row(f"{made.title}: an entry while the file is read", held.peak, "bytes")
        yield Row(f"{made.title}: reading the file", held.seconds, "s")


def _checking(folder: Path) -> Iterator[Row]:
    """Checked, as `qpsmtpd check` does, and compiled besides, as a reload does."""
    rules = folder / "rules.q"
    for lines, goal in ((1_000, 0.5), (10_000, 5.0)):
        rules.write_text(many_rules.rules(lines))

        def checked() -> None:
            _, findings = checked_rules(str(rules), library(), lambda path: Path(path).read_bytes(), around=surroundings())
            assert not findings.errors, findings.sorted()

        def reloaded() -> None:
            made = compile_rules(str(rules), library(), lambda path: Path(path).read_bytes(), around=surroundings())
            assert made.program is not None, made.findings.sorted()

        yield Row(f"check of {lines:,} lines", min(_seconds(checked) for _ in range(5)), "s", goal)
        yield Row(f"{lines:,} lines checked and compiled", min(_seconds(reloaded) for _ in range(5)), "s")


def _proving(folder: Path) -> Iterator[Row]:
    """What the proofs alone take for a hook of rules that know of each other."""
    name = str(folder / "one_hook.q")
    Path(name).write_text(one_hook.rules(100))
    made = check(name, catalogue=library(), read=lambda path: Path(path).read_bytes(), findings=Findings(), folder=str(folder))
    assert made is not None
    yield Row("proofs of a hook of 100 rules", min(_seconds(lambda: prove(made, Findings())) for _ in range(5)), "s", 2.0)


def _seconds(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def _starting(folder: Path) -> Iterator[Row]:
    (folder / "small.q").write_text(_SMALL)
    for title, words in _START.items():
        least = min(_child(folder, words) for _ in range(10))
        yield Row(title, least, "s", 0.25 if words == ["--version"] else None)


def _child(folder: Path, words: list[str]) -> float:
    """CPU seconds of a whole process."""
    before = os.times()
    done = subprocess.run([sys.executable, "-m", "qpsmtpd", *words], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    assert done.returncode == 0
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Prints the table; 0 when every goal is met."""
    print(report.heading(), "", "| what | measured | goal | met |", "| --- | --- | --- | --- |", sep="\n", flush=True)
    missed = False
    for row in rows():
        print("| " + " | ".join(row.cells()) + " |", flush=True)
        missed |= row.goal is not None and row.value > row.goal
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
