"""Q613: a verdict that was kept for a hook is lost on some way through it. Q614: an `enforce` that has nothing to say."""

from __future__ import annotations

import pytest

from checked_rules import linted

KEPT = 'on connect: if dnsbl("a.example") deny at rcpt\n'


def found(rules: str, code: str) -> list[int]:
    return [f.line for f in linted(rules).found if f.code == code]


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ("on rcpt:\n    if sender == <> accept\n    enforce", [3]),
        ("on rcpt:\n    if sender == <> discard\n    enforce", [3]),
        ("on rcpt:\n    if sender == <> enforce", [3]),
        ("on rcpt: if esmtp accept\non rcpt: enforce", [2]),
        ("on rcpt:\n    if standing() == good enforce", [3]),
        ("on rcpt:\n    match standing():\n        case good: accept\n        case bad: pass\n    enforce", [4]),
        ("on rcpt: if trusted or esmtp accept\non rcpt: enforce", [2]),
        ("on rcpt: if pending accept\non rcpt: enforce", [2]),
    ],
)
def test_a_way_that_does_not_meet_enforce_is_found(rules, lines):
    assert found(KEPT + rules, "Q613") == lines


@pytest.mark.parametrize(
    "rules",
    [
        "on rcpt: if sender == <> accept",
        "on rcpt:\n    enforce\n    if sender == <> accept",
        "on rcpt:\n    if relay accept\n    enforce",
        "on rcpt:\n    if trusted and esmtp accept\n    enforce",
        "on rcpt:\n    if authenticated or relay accept\n    enforce",
        "on rcpt unless relay: enforce",
        "on rcpt:\n    unless pending accept\n    enforce",
        "on rcpt:\n    if sender == <> deny\n    enforce",
        "on rcpt:\n    if sender == <> skip\n    enforce",
        "on rcpt:\n    if esmtp:\n        enforce\n        accept\n    else:\n        enforce",
        "on rcpt:\n    if listener != default accept\n    enforce",
        "shadow on rcpt: accept\non rcpt: enforce",
    ],
)
def test_where_every_way_meets_it_or_need_not_nothing_is_said(rules):
    assert linted(KEPT + rules).codes == []


def test_who_escapes_is_told_by_the_way_and_the_kept_verdict():
    (finding,) = linted(KEPT + "on rcpt:\n    unless esmtp:\n        if sender == <> accept\n    enforce").found
    assert [(note.span.line, note.text) for note in finding.notes] == [
        (1, "this verdict is kept"),
        (3, "this is true"),
        (4, "this is true"),
    ]


def test_a_verdict_that_is_kept_under_shadow_is_none():
    assert linted("shadow " + KEPT + "on rcpt:\n    if sender == <> accept\n    enforce").codes == ["Q614"]


def test_an_enforce_that_stands_under_shadow_leaves_the_usual_place_of_the_verdict():
    outcome = linted(KEPT + "shadow on rcpt: enforce\non rcpt: if sender == <> accept")
    assert outcome.codes == []
    assert len(outcome.blocks("rcpt")) == 3


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ("on rcpt: enforce", [1]),
        ("on data_post: enforce", [1]),
        (KEPT + "on rcpt: enforce\non data: enforce", [3]),
        (KEPT + "on rcpt: enforce", []),
        ("on rcpt: defer at data\non data: enforce", []),
        ("on connect: if dnsbll(ip) deny at rcpt\non rcpt: enforce", []),
    ],
)
def test_an_enforce_needs_a_rule_that_keeps_a_verdict(rules, lines):
    assert found(rules, "Q614") == lines


def test_an_enforce_in_a_policy_is_idle_only_when_it_is_so_wherever_the_policy_is_applied():
    two = 'listener a:\n    bind = "127.0.0.1:2525"\nlistener b:\n    bind = "127.0.0.1:2526"\n'
    policy = "policy said():\n    on rcpt: enforce\napply said()\n"
    assert found(two + policy, "Q614") == [6]
    assert found(two + policy + KEPT.replace("connect", "connect at a"), "Q614") == []
