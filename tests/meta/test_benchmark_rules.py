"""The rules that the benchmark runs are rules that the checker passes."""

from __future__ import annotations

import pytest

from bench import line_up_servers, many_rules, ours
from counted_calls import calls_of
from meta.rules_text import codes, compiled, told
from qpsmtpd.dsl.compile import Compiled


@pytest.mark.parametrize("name", list(ours.SET_UPS))
def test_the_rules_of_a_set_up_check_without_errors(name, tmp_path):
    rules = ours.write(name, tmp_path, 2525)
    files = {path.name: path.read_text() for path in tmp_path.iterdir() if path != rules}
    outcome = compiled(rules.read_text(), files)
    assert codes(outcome, "error", "warning") == [], told(outcome)
    assert outcome.program is not None


def test_the_rules_of_the_line_up_check_without_errors(tmp_path):
    rules = line_up_servers.write_rules(tmp_path, 2525)
    outcome = compiled(rules.read_text(), {"rcpthosts": (tmp_path / "rcpthosts").read_text()})
    assert codes(outcome, "error", "warning") == [], told(outcome)
    assert outcome.program is not None


def test_the_busy_set_up_has_twenty_conditions_on_each_hook():
    blocks = ours.conditions().split("on ")[1:]
    assert {block.partition(":")[0]: block.count("    if ") for block in blocks} == dict.fromkeys(
        ("connect", "helo", "mail", "rcpt", "data", "data_post"), 20
    )


def test_a_long_rules_file_checks_without_errors():
    outcome = compiled(many_rules.rules(300))
    assert codes(outcome, "error", "warning") == [], told(outcome)
    assert outcome.program is not None


def test_checking_four_times_the_rules_takes_about_four_times_the_steps():
    compiled(many_rules.rules(10))  # what is loaded and worked out once is there afterwards
    # what is proved of a hook grows a little faster than its rules
    assert _steps(many_rules.rules(1600)) < 5 * _steps(many_rules.rules(400))


def _steps(text: str) -> int:
    """Calls of Python functions while rules are checked and compiled."""
    made: list[Compiled] = []
    calls = calls_of(lambda: made.append(compiled(text)))
    assert made[0].program is not None
    return calls
