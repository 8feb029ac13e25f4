"""Runs the tests of rules files: which tests belong to which rules, and which of them are wanted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qpsmtpd.dsl.check.trials import Trial
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.runtime.lab.bench import Bench, prepare
from qpsmtpd.runtime.lab.stand_ins import Stage
from qpsmtpd.runtime.lab.trial_run import Outcome, run_trial
from qpsmtpd.runtime.service.library import library
from qpsmtpd.runtime.service.rules import content


@dataclass(frozen=True, slots=True)
class Report:
    """The tests of one rules file: `bench` is None when rules or tests were refused; `left_out` counts tests that were not wanted."""

    path: Path
    bench: Bench | None
    findings: Findings
    outcomes: tuple[Outcome, ...] = ()
    left_out: int = 0

    @property
    def failed(self) -> int:
        return sum(outcome.failure is not None for outcome in self.outcomes)


def run_tests(rules: Path, tests: Sequence[Path], wanted: Sequence[str]) -> Report:
    """Runs the tests of a rules file whose names contain one of `wanted` (any name when there is none)."""
    stage = Stage()
    prepared = prepare(rules, library(), stage.stand_in, tests, read=lambda name: content(Path(name)))
    bench = prepared.bench
    if bench is None:
        return Report(rules, None, prepared.findings)
    chosen = [trial for trial in bench.trials if _is(trial, wanted)]
    with tempfile.TemporaryDirectory(prefix="qpsmtpd-test-") as spool:
        outcomes = tuple(run_trial(trial, bench, stage, Path(spool)) for trial in chosen)
    return Report(rules, bench, prepared.findings, outcomes, len(bench.trials) - len(chosen))


def _is(trial: Trial, wanted: Iterable[str]) -> bool:
    words = [word.lower() for word in wanted]
    return not words or any(word in trial.name.lower() for word in words)
