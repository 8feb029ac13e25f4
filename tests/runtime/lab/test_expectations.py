"""`expect`: what it reads, and `fired`."""

from __future__ import annotations

import pytest

from rules_in_the_lab import STRANGER, TO_US, outcome_of

SCORES = """\
on connect: if ip == "203.0.113.9" score += 1.5
on mail: if sender == <> score += 2
on data_post: if header.subject score += 3
"""


def kind(rules: str, steps: str) -> str:
    failure = outcome_of(rules, steps).failure
    return "" if failure is None else failure.kind


def test_an_expectation_reads_what_the_last_hook_knew():
    assert kind(SCORES, STRANGER + "expect score == 1.5") == ""
    assert kind(SCORES, STRANGER + "mail <>\nexpect score == 3.5 and sender == <>") == ""
    assert kind(SCORES, TO_US + 'expect recipient.local == "x" and domain == "example.org"') == ""


def test_after_a_message_it_reads_what_was_known_before_the_message_was_over():
    steps = (
        TO_US
        + 'data "Subject: x\\n\\nhello" -> accept\nexpect score == 4.5 and header.subject and header.subject == "x" and message.size < 1KB'
    )
    assert kind(SCORES, steps) == ""


def test_what_a_refused_step_knew_can_be_read():
    assert kind("on mail: deny", STRANGER + 'mail "a@example.net" -> deny\nexpect sender == "a@example.net"') == ""
    assert kind("on helo: deny", 'client 203.0.113.9\nhelo "me"\nexpect helo == "me"') == ""


def test_recipients_are_those_accepted_so_far():
    steps = TO_US + 'rcpt "y@elsewhere.example" -> deny\nrcpt "z@example.org"\nexpect recipients == recipients'
    assert kind("", steps) == ""
    outcome = outcome_of('on data: if ip == "203.0.113.9" log("{{ recipients | length }}")', steps + '\ndata "x" -> accept')
    assert outcome.failure is None


def test_a_false_expectation_fails():
    assert kind(SCORES, STRANGER + "expect score == 0") == "false"


def test_an_expectation_about_a_hook_that_was_not_reached_fails():
    assert kind("on data: deny", TO_US + 'data "x" -> deny\nexpect message.size > 0B') == "not reached"


def test_an_expectation_may_ask_what_rules_may_ask():
    rules = 'on connect: if dnsbl("zen.example.net") score += 1'
    assert kind(rules, 'given dnsbl("zen.example.net") = none\nclient 203.0.113.9\nexpect not dnsbl("zen.example.net")') == ""
    assert kind(rules, 'given dnsbl() fails\nclient 203.0.113.9\nexpect not dnsbl("zen.example.net")') == "unknown"


@pytest.mark.parametrize(
    ("steps", "good"),
    [
        ("client 203.0.113.9\nexpect fired @on_block", True),
        ("client 192.0.2.1\nexpect fired @on_block", False),
        ("client 203.0.113.9\nexpect fired @condition", True),
        ("client 192.0.2.1\nexpect fired @condition", False),
        ("client 192.0.2.1\nexpect fired @other_branch", True),
        ("client 203.0.113.9\nexpect fired @plain", True),
        ("client 203.0.113.9\nexpect fired @guarded", False),
        ('client 203.0.113.9\nhelo "a"\nclient 192.0.2.1\nexpect fired @condition', True),
    ],
)
def test_a_rule_has_fired_when_it_has_done_something(steps, good):
    rules = """\
@on_block
on connect: if ip == "203.0.113.9" score += 1
on connect:
    @condition
    if ip == "203.0.113.9" score += 1
    @other_branch
    if ip == "203.0.113.9":
        pass
    else:
        score += 2
    @plain
    score += 1
@guarded
on connect if score > 0: if ip == "198.51.100.1" deny
"""
    assert (kind(rules, steps) == "") is good


def test_what_fired_in_an_earlier_step_has_fired():
    rules = 'on connect:\n    @seen\n    if ip == "203.0.113.9" score += 1'
    assert kind(rules, TO_US + "expect fired @seen") == ""
