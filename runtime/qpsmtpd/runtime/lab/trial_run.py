"""Runs one test: its steps in order, against the real dialogue, until one goes otherwise than it says.

A refused step is no failure by itself. A step that could not be done at all is one: because the server had closed the
connection, or because the dialogue was not there yet (503) and nothing was expected of that. STARTTLS and AUTH are not
spoken: `tls` and `auth` set what the engine sets after success.
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qpsmtpd.dsl.check import trials as x
from qpsmtpd.dsl.check.tests import ALONE
from qpsmtpd.dsl.check.trials import Step, Trial
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.values import Answer, Domain, LookupFailure, Unknown
from qpsmtpd.runtime.engine.services import Services, SiteFacts
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.judge import Failure, fired, judge
from qpsmtpd.runtime.lab.line import Line, taking
from qpsmtpd.runtime.lab.record import Event, Noted, Record, Said
from qpsmtpd.runtime.lab.simulated import SIMULATED
from qpsmtpd.runtime.lab.stand_ins import Answers, LabQuarantine, NotGiven, Stage
from qpsmtpd.runtime.lab.virtual_time import LabClock, VirtualLoop
from qpsmtpd.runtime.state.memory import MemoryStore

_HOSTNAME = Domain("localhost")
_LINES = {
    "helo": "HELO {}",
    "ehlo": "EHLO {}",
    "mail": "MAIL FROM:<{}>",
    "rcpt": "RCPT TO:<{}>",
    "rset": "RSET",
    "noop": "NOOP",
    "vrfy": "VRFY {}",
    "help": "HELP",
    "quit": "QUIT",
    "say": "{}",
}
"""What the client says; words that have no place in it stand behind it."""
_RDNS = "rdns"


class NoResolver:
    """The DNS of a test: nothing that is asked here should have been."""

    async def query(self, name: str, kind: str) -> Answer:
        raise LookupFailure(f"{kind} of {name}: a test asks nobody")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went: `failure` is None when it passed; `events` are all that happened."""

    trial: Trial
    failure: Failure | None
    events: tuple[Event, ...]


def run_trial(trial: Trial, bench: Bench, stage: Stage, spool: Path) -> Outcome:
    """Runs a test in a loop of its own, with a clock that begins anew."""
    running = _Running(trial, bench, spool)
    stage.answers = running.answers
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        failure = runner.run(running.all())
    return Outcome(trial, failure, tuple(running.record.events))


@dataclass(slots=True)
class _Running:
    """A test under way."""

    trial: Trial
    bench: Bench
    spool: Path
    record: Record = field(default_factory=Record)
    answers: Answers = field(init=False)
    clock: LabClock = field(init=False)
    state: MemoryStore = field(init=False)
    line: Line | None = None

    def __post_init__(self) -> None:
        self.answers = Answers(self.record)

    async def all(self) -> Failure | None:
        self.clock = LabClock(asyncio.get_running_loop())
        self.state = MemoryStore(self.clock)
        failure = None
        for step in self.trial.steps:
            start = len(self.record.events)
            failure = await self._step(step)
            failure = self._unanswered(step, start) or failure  # it may be why the step went otherwise
            if failure is not None:
                failure = failure.since(start, len(self.record.events))
                break
        if self.line is not None:
            await self.line.hang_up()
        return failure

    async def _step(self, step: Step) -> Failure | None:
        match step:
            case x.Given():
                self.answers.given.append(step)
            case x.Moment():
                self.clock.set(step.time)
            case x.Wait():
                await self._wait(step.seconds)
            case x.Connect():
                return await self._connect(step)
            case x.Command():
                return await self._command(step)
            case x.Message():
                return await self._message(step)
            case x.Expect():
                return await self._expect(step)
            case x.Fired():
                return self._fired(step)
        return None

    def _unanswered(self, step: Step, start: int) -> Failure | None:
        """A lookup that a rule has read and for which the test has no answer."""
        for event in self.record.events[start:]:
            if not isinstance(event, Noted):
                continue
            if event.event == "lookup-failed" and event.fields["reason"] == NotGiven.__name__:
                return Failure(step, "unanswered", call=str(event.fields["detail"]), rule=str(event.fields["rule"]))
            if event.event == "error" and event.fields.get("error") == NotGiven.__name__:
                return Failure(step, "unanswered", call=str(event.fields["detail"]))
        return None

    async def _wait(self, seconds: float) -> None:
        self.record.add(Said("", f"{seconds:g} s pass"))
        if self.line is not None and not self.line.closed:
            await self.line.pass_time(seconds)
        else:
            await asyncio.sleep(seconds)

    async def _connect(self, step: x.Connect) -> Failure | None:
        if self.line is not None:
            await self.line.hang_up()
        program = self.bench.program
        alone = self.bench.alone.get(id(self.trial), "")
        listener = self.bench.listener(alone or step.listener)
        if alone:
            listener = replace(listener, name=ALONE, hooks=taking(listener.hooks))
        site = SiteFacts(program.server.hostname or _HOSTNAME, program.server.config_dir)
        quarantine = LabQuarantine(self.record)
        services = Services(NoResolver(), self.clock, site, self.record, self.spool, quarantine, self.state)
        self.record.add(Said("", f"client {step.ip} at listener {listener.name}"))
        self._named(step)
        self.line = Line(listener, program.server, services, step.ip, self.record)
        start = len(self.record.events)
        return judge(step, step.wanted, (await self.line.begin())[:1], self.record.events[start:], closed=self.line.closed)

    def _named(self, step: x.Connect) -> None:
        """The client's name is the answer of the reverse lookup, for this client and until something else is given."""
        named = self.bench.catalogue.get(_RDNS)
        self.answers.given = [g for g in self.answers.given if not isinstance(g, _Named)]
        if step.name and named is not None:
            self.answers.given.append(_Named(step.span, named, (), Domain(step.name)))

    async def _command(self, step: x.Command) -> Failure | None:
        line = self.line
        assert line is not None, "the checker wants a client first"
        if line.closed:
            return Failure(step, "closed")
        start = len(self.record.events)
        if step.name in SIMULATED:
            answer = SIMULATED[step.name](line, *step.words)
        else:
            form = _LINES[step.name]
            holes = form.count("{}")
            answer = (await line.say(" ".join((form.format(*step.words[:holes]), *step.words[holes:]))))[:1]
        return judge(step, step.wanted, answer, self.record.events[start:], closed=line.closed)

    async def _message(self, step: x.Message) -> Failure | None:
        line = self.line
        assert line is not None, "the checker wants a client first"
        if line.closed:
            return Failure(step, "closed")
        start = len(self.record.events)
        answer = await line.say("DATA")
        if answer and answer[0].code == 354:
            answer = await line.send(step.content)
        return judge(step, step.wanted, answer[:1], self.record.events[start:], closed=line.closed)

    async def _expect(self, step: x.Expect) -> Failure | None:
        seen = self.line.seen if self.line is not None else None
        if seen is None or ORDER.index(seen.hook) < ORDER.index(step.since):
            return Failure(step, "not reached", hook=step.since)
        result: Any = self.bench.expectations[id(step)](seen.session, seen.transaction)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, Unknown):
            return Failure(step, "unknown")
        return None if result else Failure(step, "false")

    def _fired(self, step: x.Fired) -> Failure | None:
        return None if fired(step.label, self.record.events, self.bench) else Failure(step, "not fired", rule=step.label)


class _Named(x.Given):
    """What `client IP "name"` gives."""
