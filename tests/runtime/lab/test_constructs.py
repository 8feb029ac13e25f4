"""Every construct of the language under test: what a test can say about it, and how a failure shows it."""

from __future__ import annotations

import pytest

from qpsmtpd.runtime.lab.explain import explanation
from rules_in_the_lab import DELIVERY, GATE, STRANGER, TO_US, bench, outcome_of, passes


def test_a_kept_verdict_is_said_at_its_hook_by_the_rule_that_kept_it():
    rules = 'on connect:\n    @zen\n    if dnsbl("zen.example.net") deny at rcpt'
    steps = 'given dnsbl() = listing(reason = "spam source")\n' + STRANGER + "expect pending\n"
    assert passes(rules, steps + 'mail <> -> accept\nrcpt "x@example.org" -> deny 550 "spam source" by @zen\nexpect fired @zen')
    assert passes(rules, "given dnsbl() = none\n" + STRANGER + 'mail <>\nrcpt "x@example.org" -> accept')


def test_a_failure_by_a_kept_verdict_shows_where_it_was_decided_and_what_was_read_there():
    rules = 'on connect:\n    @zen\n    if dnsbl("zen.example.net") deny at rcpt'
    steps = 'given dnsbl() = listing(reason = "spam source")\n' + STRANGER + 'mail <>\nrcpt "x@example.org" -> accept'
    body = "".join(f"    {line}\n" for line in steps.splitlines())
    made, _ = bench(f'{rules}\n{GATE}{DELIVERY}\ntest "t":\n{body}')
    why = explanation(outcome_of(rules, steps), made)
    assert why.rule == "@zen" and why.place is not None and why.place.line == 3
    assert dict(why.values)['dnsbl("zen.example.net")'] == 'listing(reason = "spam source")'


def test_enforce_says_it_where_the_rules_say():
    rules = 'on connect: deny at rcpt\non rcpt:\n    @before\n    if recipient.local == "abuse" accept\n    enforce'
    with_gate = "on rcpt: unless rcpthosts(domain) deny\n" + rules.replace(
        "@before\n    if", "@before\n    if rcpthosts(domain) and"
    )
    assert passes(with_gate, STRANGER + 'mail <>\nrcpt "abuse@example.org" -> accept by @before\nrcpt "x@example.org" -> deny')


def test_shadowed_rules_change_nothing_and_have_fired_all_the_same():
    rules = "shadow on mail:\n    @strict\n    if sender == <>:\n        score += 5\n        deny"
    assert passes(rules, STRANGER + "mail <> -> accept\nexpect score == 0\nexpect fired @strict")
    assert not passes(rules, STRANGER + 'mail "a@example.net" -> accept\nexpect fired @strict')


def test_a_lookup_in_shadow_needs_an_answer_too():
    failure = outcome_of('shadow on connect: if dnsbl("zen.example.net") deny', "client 203.0.113.9 -> accept").failure
    assert failure is not None and failure.kind == "unanswered"


def test_unknown_branches_run_when_a_call_fails():
    rules = 'on connect:\n    @list\n    if dnsbl("zen.example.net") deny\n    unknown score += 0.5 as DNS_TROUBLE'
    assert passes(rules, 'given dnsbl() fails\nclient 203.0.113.9 -> accept\nexpect score == 0.5 and "DNS_TROUBLE" in symbols')
    assert passes(rules, "given dnsbl() = none\nclient 203.0.113.9 -> accept\nexpect len(symbols) == 0")


def test_scores_count_once_under_a_name():
    rules = "on rcpt: score += 2 as RCPT"
    assert passes(rules, TO_US + 'rcpt "y@example.org"\nexpect score == 2 and symbols == ["RCPT"]')


def test_variables_can_be_expected():
    rules = "var refused: number = 0 per connection\non mail:\n    if sender == <>:\n        refused += 1\n        deny"
    assert passes(rules, STRANGER + "mail <> -> deny\nexpect refused == 1\nmail <> -> deny\nexpect refused == 2")
    assert passes(rules, STRANGER + 'mail <> -> deny\nclient 203.0.113.9\nehlo "x"\nexpect refused == 0')


@pytest.mark.parametrize(
    ("wanted", "good"), [('quarantine "spam"', True), ("quarantine", True), ('quarantine "other"', False), ("accept", False)]
)
def test_a_quarantine_is_a_verdict_of_its_own_and_its_text_is_its_name(wanted, good):
    rules = 'on data_post:\n    @odd\n    if header.subject quarantine "spam"'
    assert passes(rules, TO_US + f'data "Subject: x" -> {wanted}') is good
    assert passes(rules, TO_US + 'data "X: x" -> accept')


def test_rules_answer_commands_that_bring_no_message_forward():
    rules = 'on vrfy:\n    @vrfy\n    reply 252 "Try and see, {{ argument }}"\non unrecognized_command: if command == "XYZ" reply 250 "Well"'
    assert passes(rules, STRANGER + 'vrfy "ann" -> reply 252 "see, ann" by @vrfy\nsay "XYZ" -> reply 250\nsay "ABC" -> deny 500')


def test_what_a_delivery_has_answered_can_be_expected():
    steps = 'given maildir() = delivered(text = "Queued as 17")\n' + TO_US
    assert passes(
        'on queue_post: if queued == "" log("never")',
        steps + 'data "Subject: x" -> accept "Queued as 17"\nexpect queued == "Queued as 17"',
    )


def test_rules_before_the_greeting_and_at_the_end_of_the_header_run():
    rules = 'on pre_connection: if ip == "192.0.2.66" deny\non data_headers_end: unless header.subject deny 5.6.0 "No subject"'
    assert passes(
        rules,
        "client 192.0.2.66 -> deny 554\n"
        + TO_US
        + 'data "From: a" -> deny 5.6.0\n'
        + 'mail <>\nrcpt "x@example.org"\ndata "Subject: x" -> accept',
    )


def test_what_observes_decides_nothing():
    rules = 'on denied:\n    @seen\n    log("{{ verdict.rule }} said {{ verdict.verb }}")\non mail:\n    @shy\n    if sender == <> deny'
    assert passes(rules, STRANGER + "mail <> -> deny by @shy\nexpect fired @seen")


def test_users_and_encryption_are_as_after_success():
    rules = 'on mail:\n    unless tls and user deny\n    if user == "ann" log("it is")'
    assert passes(rules, STRANGER + 'mail <> -> deny\ntls\nehlo "x"\nmail <> -> deny\nauth ann\nmail <> -> accept\nexpect relay')


def test_tls_forgets_who_has_authenticated():
    assert passes("on mail: if authenticated deny", STRANGER + 'auth ann\ntls\nehlo "x"\nmail <> -> accept')
