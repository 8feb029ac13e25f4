"""Puts changed rules in place of those in use, or leaves these alone and says why.

Compiling happens in a thread, so mail goes on; the swap is one step on the event loop. Requests that come while a
reload runs make one more, however many they are. It knows neither signals nor sockets.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.dsl.model.program import Program
from qpsmtpd.runtime.engine.services import Journal
from qpsmtpd.runtime.service.rules import Loaded, not_served, settle, vanished

LOADED, REFUSED, FAILED = "loaded", "refused", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a reload.

    `loaded`: the new rules are in use; `refused`: something is wrong with them; `failed`: they could not be read or
    compiled. Of the last two the old rules stay.
    """

    result: str
    at: float
    reasons: tuple[str, ...] = ()
    """Why not, besides findings."""
    restarts: tuple[str, ...] = ()
    """Settings that wait for a restart."""
    findings: Mapping[str, int] = field(default_factory=dict)
    """How many of each severity."""
    text: str = ""
    """The findings as `qpsmtpd check` prints them."""


class ActiveProgram:
    """The rules in use, and how they came to be."""

    def __init__(self, program: Program, ended: frozenset[Path], now: float) -> None:
        self.program = program
        self.ended = ended
        self.loaded_at = now
        self.last: Outcome | None = None
        self.reloads = {LOADED: 0, REFUSED: 0, FAILED: 0}


class Reloader:
    """Runs reloads, one after another."""

    def __init__(
        self,
        active: ActiveProgram,
        *,
        load: Callable[[], Loaded],
        swap: Callable[[Program], None],
        journal: Journal,
        clock: Callable[[], float],
    ) -> None:
        """`load` runs in a thread; `swap` puts a Program in use, on the loop."""
        self._active = active
        self._load = load
        self._swap = swap
        self._journal = journal
        self._clock = clock
        self._waiting: list[tuple[bool, asyncio.Future[Outcome]]] = []
        self._task: asyncio.Task[None] | None = None

    def request(self, *, force: bool = False) -> asyncio.Future[Outcome]:
        """Asks for a reload that sees the files as they are now or later. `force`: also when `end`, a hook or a `require` has vanished."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((force, outcome))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return outcome

    async def _run(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            outcome = await self._once(force=any(force for force, _ in asked))
            for _, waiter in asked:
                if not waiter.done():
                    waiter.set_result(outcome)
        self._task = None

    async def _once(self, *, force: bool) -> Outcome:
        try:
            outcome = self._judge(await asyncio.to_thread(self._load), force)
        except OSError as error:
            outcome = self._failure(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except Exception:  # noqa: BLE001 - a bug of ours must not end the service or the rules in use
            outcome = self._failure("an internal error; the journal has it")
            self._journal.record("reload-error", "critical", traceback=traceback.format_exc())
        self._active.last = outcome
        self._active.reloads[outcome.result] += 1
        self._report(outcome)
        return outcome

    def _judge(self, loaded: Loaded, force: bool) -> Outcome:
        active, findings = self._active, loaded.findings
        if loaded.program is None:
            ours = any(finding.code == "Q901" for finding in findings.sorted())
            return self._outcome(FAILED if ours else REFUSED, findings)
        if missing := not_served(loaded.program):
            return self._outcome(REFUSED, findings, reasons=missing)
        lost = () if force else vanished(loaded.program, active.program, loaded, active.ended)
        if lost:
            return self._outcome(REFUSED, findings, reasons=lost)
        program, restarts = settle(loaded.program, active.program)
        self._swap(program)
        active.program, active.ended, active.loaded_at = program, loaded.ended, self._clock()
        return self._outcome(LOADED, findings, restarts=restarts)

    def _outcome(self, result: str, findings: Findings, **more: Any) -> Outcome:
        text = render_text(findings) if findings.sorted() else ""
        return Outcome(result, self._clock(), findings=findings.counts(), text=text, **more)

    def _failure(self, reason: str) -> Outcome:
        return Outcome(FAILED, self._clock(), reasons=(reason,))

    def _report(self, outcome: Outcome) -> None:
        level = "notice" if outcome.result == LOADED else "error"
        self._journal.record(
            f"reload-{outcome.result}",
            level,
            rules=self._active.program.digest,
            reasons=outcome.reasons,
            restart=outcome.restarts,
            findings=outcome.findings,
            lines=[line for line in outcome.text.splitlines() if line.strip()] if outcome.result != LOADED else (),
        )
