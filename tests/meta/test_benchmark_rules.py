"""The rules that the benchmark runs are rules that the checker passes."""

from __future__ import annotations

import pytest

from bench import ours
from meta.rules_text import codes, compiled, told


@pytest.mark.parametrize("name", list(ours.SET_UPS))
def test_the_rules_of_a_set_up_check_without_errors(name, tmp_path):
    rules = ours.write(name, tmp_path, 2525)
    files = {path.name: path.read_text() for path in tmp_path.iterdir() if path != rules}
    outcome = compiled(rules.read_text(), files)
    assert codes(outcome, "error", "warning") == [], told(outcome)
    assert outcome.program is not None


def test_the_busy_set_up_has_twenty_conditions_on_each_hook():
    blocks = ours.conditions().split("on ")[1:]
    assert {block.partition(":")[0]: block.count("    if ") for block in blocks} == dict.fromkeys(
        ("connect", "helo", "mail", "rcpt", "data", "data_post"), 20
    )
