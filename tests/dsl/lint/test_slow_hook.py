"""Q618: lookups that can take longer than their hook."""

from __future__ import annotations

import pytest

from checked_rules import linted


def lookups(*deadlines: int, then: str = "score += 1 as X") -> str:
    return "".join(f'    if dnsbl("z{n}.example", timeout = {d}s) {then}\n' for n, d in enumerate(deadlines))


def lines(rules: str) -> list[int]:
    return [f.line for f in linted(rules).found if f.code == "Q618"]


def test_the_call_at_which_the_time_is_over_is_shown_with_those_before_it():
    (finding,) = linted("on connect:\n" + lookups(8, 8, 8, 8)).found
    assert (finding.code, finding.line) == ("Q618", 4)
    assert "24 s here, and the hook has 20 s" in finding.message
    assert [note.span.line for note in finding.notes] == [2, 3]
    assert "`connect_budget`" in finding.help


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("on connect:\n" + lookups(10, 10), []),
        ("server:\n    connect_budget = 10s\non connect:\n" + lookups(8, 8), [5]),
        ("server:\n    connect_budget = 1m\non connect:\n" + lookups(8, 8, 8, 8), []),
        ("on connect:\n" + lookups(30), [2]),
        ("on connect:\n" + lookups(18) + "    if earlytalker(wait = 1s) deny", []),
        ("on connect:\n" + lookups(18) + "    if earlytalker(wait = 4s) deny", [3]),
        ("on connect:\n" + lookups(18) * 2, []),
        ("on connect:\n" + lookups(18) + "on mail:\n" + lookups(18) + '    if dnsbl("y.example", timeout = 20s) karma += 1', []),
        ("on data_post:\n    match scan(timeout = 100s):\n        case clean, infected, error: pass\n" + lookups(15), []),
        ("on data_post:\n    match scan(timeout = 110s):\n        case clean, infected, error: pass\n" + lookups(15), [4]),
        (
            'on connect:\n    if port == 1:\n        if dnsbl("a.example", timeout = 12s) deny\n    else:\n        if dnsbl("b.example", timeout = 12s) deny',
            [],
        ),
        (
            'on connect:\n    if port == 1:\n        if dnsbl("a.example", timeout = 12s) deny\n    if dnsbl("b.example", timeout = 12s) deny',
            [4],
        ),
        (
            'on connect:\n    if port == 1:\n        if dnsbl("a.example", timeout = 12s) deny\n        deny\n    if dnsbl("b.example", timeout = 12s) deny',
            [],
        ),
        (
            'on connect:\n    if port == 1:\n        if dnsbl("a.example", timeout = 12s) deny\n        skip\non connect: if dnsbl("b.example", timeout = 12s) deny',
            [5],
        ),
        ("shadow on connect:\n" + lookups(12) + 'on connect: if dnsbl("b.example", timeout = 12s) deny', [3]),
    ],
)
def test_only_what_one_way_through_the_hook_can_ask_is_added_up(rules, expected):
    assert lines(rules) == expected


def test_the_listeners_that_have_it_are_named():
    three = "".join(f'listener {name}:\n    bind = "127.0.0.1:{port}"\n' for port, name in enumerate("abc", 2525))
    (finding,) = linted(three + "on connect at a, b:\n" + lookups(12, 12)).found
    assert "`connect` at `a` and `b`" in finding.message


def test_what_a_policy_asks_is_told_at_its_apply_line():
    policy = "policy slow():\n    on connect:\n" + "".join(f"    {line}\n" for line in lookups(12, 12).splitlines())
    assert lines(policy + "apply slow()") == [5]
