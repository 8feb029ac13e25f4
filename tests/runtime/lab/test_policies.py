"""Tests of policies: alone, and where they are applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.checkout import ROOT
from qpsmtpd.runtime.lab.coverage import coverage
from qpsmtpd.runtime.lab.coverage_report import missing
from qpsmtpd.runtime.lab.suite import run_tests
from rules_in_the_lab import DELIVERY, GATE, STRANGER, bench, passes

SHY = """\
policy shy(reject: verb = deny):
    on mail:
        @bounce
        if sender == <> reject 5.7.1 "No bounces"
"""
ALONE = """\
test "{}":
    apply shy({}) unless ip == "192.0.2.1"
    client {}
    helo "x"
    mail <>                                 -> {}
    rcpt "anybody@elsewhere.example"
    data "hello"                            -> accept
"""


@pytest.fixture
def outcome(tmp_path, monkeypatch):
    """How a test of the policy alone goes, in a file that only declares."""
    monkeypatch.chdir(tmp_path)

    def run(argument: str, wanted: str, client: str = "203.0.113.9"):
        rest = wanted if wanted == "accept" else f'{wanted}\n    mail "a@example.net" -> accept'
        Path("shy.q").write_text(SHY + ALONE.format("t", argument, client, rest))
        report = run_tests(Path("shy.q"), (), ())
        assert report.bench is not None
        return report

    return run


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("", "deny 550 5.7.1 by @bounce"),
        ("reject = defer", 'defer 450 4.7.1 "No bounces"'),
        ("reject = pass", "accept"),
    ],
)
def test_a_policy_alone_takes_what_it_does_not_refuse_and_its_verb_is_what_the_test_says(outcome, argument, wanted):
    assert outcome(argument, wanted).failed == 0


def test_the_condition_of_the_apply_line_holds_and_is_no_rule_to_be_covered(outcome):
    report = outcome("", "accept", "192.0.2.1")
    assert report.failed == 0
    assert [m.span.line for m in missing(coverage([(report.bench, report.outcomes)]), "shy.q")] == [4]


def test_a_policy_that_is_applied_is_tested_with_the_rules_around_it():
    rules = SHY + "apply shy(reject = defer)\n"
    assert passes(rules, STRANGER + "mail <> -> defer by @bounce")


def test_tests_beside_a_policy_see_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shy.q").write_text(SHY)
    Path("shy.test.q").write_text(ALONE.format("t", "", "203.0.113.9", 'deny by @bounce\n    mail "a@example.net"'))
    report = run_tests(Path("shy.q"), (), ())
    assert (len(report.outcomes), report.failed) == (1, 0)


@pytest.mark.parametrize("policy", sorted((ROOT / "rules").rglob("*.q")), ids=lambda path: path.stem)
def test_the_tests_of_shipped_rules_pass(policy):
    report = run_tests(policy, (), ())
    assert report.bench is not None and report.failed == 0
    assert report.outcomes or report.bench.listeners, "a policy has its tests in its file"


def test_the_tests_of_a_shipped_file_do_not_run_with_the_rules_that_use_it():
    made, _ = bench(f"use headers\napply headers()\n{GATE}{DELIVERY}")
    assert made.trials == ()
