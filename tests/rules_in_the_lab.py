"""Tests in the language, run as `qpsmtpd test` runs them, over rules that stand in a text."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.runtime.lab.bench import Bench, prepare
from qpsmtpd.runtime.lab.record import Said
from qpsmtpd.runtime.lab.stand_ins import Stage
from qpsmtpd.runtime.lab.trial_run import Outcome, run_trial
from qpsmtpd.stdlib import catalogue

FILES = {"rcpthosts": "example.org\n.example.org\n", "relayclients": "192.0.2.0/24\n"}
GATE = "on rcpt:\n    @gate\n    unless rcpthosts(domain) deny\n"
DELIVERY = 'on queue: maildir("Maildir")\n'
STRANGER = 'client 203.0.113.9 "h9.example.net"\nehlo "h9.example.net"\n'
TO_US = STRANGER + 'mail "a@example.net"\nrcpt "x@example.org"\n'


def bench(rules: str, files: Mapping[str, str] | None = None, *, library: Catalogue | None = None) -> tuple[Bench, Stage]:
    """The rules, with the usual gate and delivery in front of their tests, ready to be tested."""
    present = {**FILES, **(files or {}), "rules.q": rules}

    def read(name: str) -> bytes:
        content = present.get(name.removeprefix(f"{Path.cwd()}/"))
        return Path(name).read_bytes() if content is None else content.encode()

    stage = Stage()
    prepared = prepare(Path("rules.q"), library or catalogue(), stage.stand_in, read=read)
    assert prepared.bench is not None, render_text(prepared.findings)
    return prepared.bench, stage


def outcome_of(rules: str, steps: str, files: Mapping[str, str] | None = None, *, library: Catalogue | None = None) -> Outcome:
    """How one test goes."""
    body = textwrap.indent(steps.strip() + "\n", "    ")
    made, stage = bench(f'{rules}\n{GATE}{DELIVERY}\ntest "t":\n{body}', files, library=library)
    with tempfile.TemporaryDirectory() as spool:
        return run_trial(made.trials[0], made, stage, Path(spool))


def passes(rules: str, steps: str, files: Mapping[str, str] | None = None, *, library: Catalogue | None = None) -> bool:
    return outcome_of(rules, steps, files, library=library).failure is None


def said(outcome: Outcome) -> list[str]:
    """The server's lines."""
    return [event.text for event in outcome.events if isinstance(event, Said) and event.who == "S"]
