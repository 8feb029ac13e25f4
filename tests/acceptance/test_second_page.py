"""A page of rules with every construct of the language, over functions that its own Python file declares."""

from __future__ import annotations

from pathlib import Path

from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.compile import checked_rules
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.dsl.emit.emit import emit, python_of
from qpsmtpd.runtime.lab.coverage import coverage
from qpsmtpd.runtime.lab.coverage_report import missing
from qpsmtpd.runtime.lab.suite import run_tests
from qpsmtpd.runtime.service.library import library, surroundings

PAGE = Path(__file__).parent / "second_page"


def _checked() -> tuple[TypedRules, Findings]:
    rules, findings = checked_rules(str(PAGE / "rules.q"), library(), lambda name: Path(name).read_bytes(), around=surroundings())
    assert rules is not None
    return rules, findings


def test_the_page_is_clean():
    rules, findings = _checked()
    assert findings.counts()["error"] == findings.counts()["warning"] == 0, render_text(findings)
    assert emit(rules).listeners


def test_its_python_is_as_it_was():
    assert python_of(_checked()[0]) == (PAGE / "rules.py.txt").read_text("utf-8")


def test_the_same_text_gives_the_same_python_to_the_byte():
    assert python_of(_checked()[0]) == python_of(_checked()[0])


def test_its_tests_pass_and_come_by_all_of_it_but_auth_and_large_messages(monkeypatch):
    monkeypatch.chdir(PAGE)
    report = run_tests(Path("rules.q"), (), ())
    assert report.bench is not None and len(report.outcomes) == 10
    assert [outcome.trial.name for outcome in report.outcomes if outcome.failure is not None] == []
    found = coverage([(report.bench, report.outcomes)])
    left_out = [(m.span.line, m.branch) for file in found.files for m in missing(found, file)]
    lines = Path("rules.q").read_text().splitlines()
    assert [lines[line - 1].split()[1] for line, _ in left_out] == ["auth", "message.size"]
