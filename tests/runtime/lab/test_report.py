"""The report of tests, as people and programs read it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qpsmtpd.dsl.model.functions import Kind, function
from qpsmtpd.dsl.model.services import Clock
from qpsmtpd.runtime.lab.explain import explanation
from qpsmtpd.runtime.lab.report_data import data_of, junit_of
from qpsmtpd.runtime.lab.report_text import text_of
from qpsmtpd.runtime.lab.suite import Report, run_tests
from qpsmtpd.runtime.lab.trial_run import run_trial
from qpsmtpd.stdlib import catalogue
from rules_in_the_lab import DELIVERY, GATE, bench

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def report(tmp_path, monkeypatch) -> Report:
    shutil.copy(GOLDEN / "rules.q", tmp_path)
    (tmp_path / "rcpthosts").write_text("example.org\n")
    (tmp_path / "relayclients").write_text("192.0.2.0/24\n")
    monkeypatch.chdir(tmp_path)
    return run_tests(Path("rules.q"), (), ())


def test_a_failure_shows_the_dialogue_the_rule_and_what_it_read(report):
    assert text_of([report]) == (GOLDEN / "report.txt").read_text()


def test_every_dialogue_is_shown_where_one_asks_for_it(report):
    text = text_of([report], verbose=True)
    assert text.count("S: 220 localhost ESMTP") > text_of([report]).count("S: 220 localhost ESMTP")


def test_the_report_for_programs_has_all_that_the_one_for_people_has(report):
    data = json.loads(json.dumps(data_of([report])))
    assert (data["passed"], data["failed"], data["not_selected"]) == (1, 8, 0)
    first, second, *_ = data["tests"]
    assert (first["name"], first["outcome"], first["failure"]) == ("strangers cannot relay", "passed", None)
    assert (second["file"], second["line"], second["rules"]) == ("rules.q", 33, "rules.q")
    failure = second["failure"]
    assert failure["wanted"] == "accept" and failure["got"] == "550 5.7.1 localhost is not you"
    assert failure["rule"] == "@bad_name" and failure["rule_at"]["line"] == 16
    assert failure["read"] == [{"source": "helo.domain", "value": "localhost"}]
    assert failure["dialogue"][-1] == {"who": "S", "text": "550 5.7.1 localhost is not you"}


def test_the_report_for_ci_systems_has_a_case_for_each_test(report):
    suite = ElementTree.fromstring(junit_of([report])).find("testsuite")
    assert suite is not None and (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("9", "8", "0")
    failures = [case.find("failure") for case in suite.iter("testcase")]
    assert failures[0] is None and all(failure is not None for failure in failures[1:])
    assert "by: @bad_name in rules.q:16" in failures[1].text


def test_what_breaks_in_a_function_is_shown():
    @function(kind=Kind.PURE)
    def broken(*, clock: Clock) -> bool:
        """Divides by zero."""
        return clock.now() / 0 > 1

    rules = (
        f'on mail: if broken() deny\n{GATE}{DELIVERY}\ntest "t":\n    client 203.0.113.9\n    helo "x"\n    mail <> -> accept\n'
    )
    made, stage = bench(rules, library={**catalogue(), "broken": broken.__qpsmtpd__})
    outcome = run_trial(made.trials[0], made, stage, Path())
    assert explanation(outcome, made).trouble == ("ZeroDivisionError: float division by zero",)
