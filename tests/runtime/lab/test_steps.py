"""What the steps of a test do, and when they fail it."""

from __future__ import annotations

import pytest

from rules_in_the_lab import STRANGER, TO_US, outcome_of, passes, said


def kind(rules: str, steps: str) -> str:
    """Why the test fails; empty when it passes."""
    failure = outcome_of(rules, steps).failure
    return "" if failure is None else failure.kind


@pytest.mark.parametrize(
    ("wanted", "good"),
    [
        ("deny", True),
        ("deny 550", True),
        ("deny 550 5.7.1", True),
        ('deny "by policy"', True),
        ("deny by @gate", True),
        ('deny 550 5.7.1 "refused" by @gate', True),
        ("accept", False),
        ("defer", False),
        ("discard", False),
        ("deny 554", False),
        ("deny 5.7.2", False),
        ('deny "By policy"', False),
        ("deny by @other", False),
        ("deny and disconnect", False),
    ],
)
def test_an_answer_is_compared_with_what_was_expected(wanted, good):
    steps = STRANGER + f'mail "a@example.net"\nrcpt "x@elsewhere.example" -> {wanted}'
    assert passes('on mail:\n    @other\n    if ip == "192.0.2.1" deny', steps) is good


def test_a_goodbye_is_expected_by_and_disconnect():
    rules = "on helo: deny and disconnect"
    assert kind(rules, 'client 203.0.113.9\nhelo "x" -> deny and disconnect') == ""
    assert kind(rules, 'client 203.0.113.9\nhelo "x" -> deny 550') == ""


def test_a_refusal_that_nobody_expected_is_no_failure_but_what_then_cannot_be_done_is_one():
    rules = "on mail: deny"
    assert kind(rules, STRANGER + 'mail "a@example.net"\nexpect score == 0') == ""
    assert kind(rules, TO_US) == "out of order"
    assert kind(rules, STRANGER + 'mail "a@example.net"\nrcpt "x@example.org" -> deny') == "out of order"
    assert kind(rules, STRANGER + 'mail "a@example.net"\nrcpt "x@example.org" -> deny 503') == ""


def test_a_step_on_a_closed_connection_fails():
    assert kind("on connect: deny", STRANGER + "quit -> accept") == "closed"
    assert kind("", STRANGER + "quit\nnoop -> accept") == "closed"


def test_accept_does_not_mean_a_message_that_goes_nowhere():
    rules = "on data_post: discard"
    assert kind(rules, TO_US + 'data "Subject: x" -> accept') == "answered otherwise"
    assert kind(rules, TO_US + 'data "Subject: x" -> discard') == ""
    all_gone = 'on rcpt: if domain == "example.org" discard'
    assert kind(all_gone, TO_US + 'data "Subject: x" -> discard') == ""


def test_what_a_client_says_is_what_the_steps_say():
    steps = (
        TO_US
        + 'rset\nnoop\nnoop "x"\nvrfy "ann"\nhelp\nsay "TURN"\nsay "MAIL FROM:<a@@b>"\nmail <> "SIZE=5" -> accept\nquit -> accept 221'
    )
    outcome = outcome_of("", steps)
    assert outcome.failure is None
    assert [line[:3] for line in said(outcome)[-10:]] == ["250", "250", "250", "250", "252", "214", "502", "501", "250", "221"]


def test_ehlo_and_helo_are_what_they_are():
    rules = "on helo: unless esmtp deny"
    assert passes(rules, 'client 203.0.113.9\nhelo "x" -> deny\nehlo "x" -> accept')


def test_a_message_arrives_as_it_was_written():
    rules = 'on data_post:\n    unless header.subject and header.subject == "dots" deny\n    unless message.size == 27B deny'
    lines = 'data """\n    Subject: dots\n\n    .\n    ..two\n    """ -> accept'
    assert passes(rules, TO_US + lines)


def test_a_message_may_stand_in_a_file():
    rules = 'on data_post: unless header.subject and header.subject == "from a file" deny'
    steps = TO_US + 'data file("x.eml") -> accept'
    assert passes(rules, steps, {"x.eml": "Subject: from a file\n\n.\nhello"})
    assert not passes(rules, steps, {"x.eml": "Subject: another\r\n\r\nhello\r\n"})


def test_a_data_command_that_is_refused_gets_no_message():
    outcome = outcome_of("on data: deny", TO_US + 'data "Subject: x" -> deny 554')
    assert outcome.failure is None and said(outcome)[-1].startswith("554")


def test_another_client_begins_anew_and_what_was_given_stays():
    rules = 'on connect: if dnsbl("zen.example.net") deny\non mail: if connections > 1 deny'
    steps = "given dnsbl() = none\n" + TO_US + TO_US
    outcome = outcome_of(rules, steps)
    assert outcome.failure is None and said(outcome).count("220 localhost ESMTP") == 2


def test_rules_of_the_end_of_a_connection_run():
    assert passes('on disconnect:\n    @bye\n    log("bye")', STRANGER + "client 203.0.113.10\nexpect fired @bye")


def test_the_greeting_is_that_of_the_listener():
    rules = 'listener mx:\n    bind = "127.0.0.1:2525"\nlistener inside:\n    bind = "127.0.0.1:2526"\n'
    rules += "on connect at inside: deny\non mail: if server_port == 2526 deny"
    assert passes(rules, "client 203.0.113.9 at inside -> deny\nclient 203.0.113.9 at mx -> accept\nclient 203.0.113.9 -> accept")


def test_the_name_of_a_client_is_what_the_dns_calls_it():
    rules = 'on connect: if rdns and rdns == "h9.example.net" deny'
    assert passes(rules, 'client 203.0.113.9 "h9.example.net" -> deny\nclient 203.0.113.9 "h8.example.net" -> accept')
    assert kind(rules, 'client 203.0.113.9 "h9.example.net" -> deny\nclient 203.0.113.9 -> accept') == "unanswered"
    assert passes(rules, "given rdns() = none\nclient 203.0.113.9 -> accept")


def test_auth_leaves_behind_what_the_engine_will():
    rules = 'on mail: if authenticated and relay deny 5.7.0 "known"'
    assert passes(rules, STRANGER + 'auth ann -> accept 235\nmail "a@example.net" -> deny "known"')


def test_tls_makes_the_client_greet_again():
    assert passes("", STRANGER + 'tls -> accept 220\nmail "a@example.net" -> deny 503\nehlo "x" -> accept')


def test_a_test_ends_at_its_first_failure():
    outcome = outcome_of("on helo: deny", 'client 203.0.113.9\nhelo "x" -> accept\nhelo "y" -> accept')
    assert outcome.failure is not None and len(said(outcome)) == 2
