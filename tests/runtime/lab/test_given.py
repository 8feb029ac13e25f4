"""`given`: who answers for the outside world, and what runs as it is."""

from __future__ import annotations

import time

import pytest

from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.services import Clock, Header, Resolver
from qpsmtpd.dsl.model.values import Domain
from qpsmtpd.runtime.lab.record import Called
from qpsmtpd.runtime.lab.stand_ins import reaches_outside
from qpsmtpd.stdlib import catalogue
from rules_in_the_lab import STRANGER, TO_US, outcome_of, passes, said

LISTED = 'on connect:\n    @zen\n    if dnsbl("zen.example.net") deny\n    @other\n    if dnsbl("bl.example.net", answers = ["127.0.0.2"]) deny'


def kind(rules: str, steps: str) -> str:
    failure = outcome_of(rules, steps).failure
    return "" if failure is None else failure.kind


def test_a_lookup_answers_what_is_given():
    steps = 'given dnsbl("zen.example.net") = listing(reason = "spam source")\nclient 203.0.113.9 -> deny "spam source" by @zen'
    assert kind(LISTED, steps) == ""


def test_arguments_that_are_written_must_match_and_others_match_anything():
    both = 'given dnsbl() = none\ngiven dnsbl("{}") = listing\nclient 203.0.113.9 -> deny by @{}'
    assert kind(LISTED, both.format("zen.example.net", "zen")) == ""
    assert kind(LISTED, both.format("bl.example.net", "other")) == ""
    named = 'given dnsbl() = none\ngiven dnsbl(answers = ["127.0.0.{}"]) = listing\nclient 203.0.113.9 -> {}'
    assert kind(LISTED, named.format(2, "deny by @other")) == ""
    assert kind(LISTED, named.format(3, "accept")) == ""


def test_what_is_given_last_holds():
    steps = "given dnsbl() = listing\ngiven dnsbl() = none\nclient 203.0.113.9 -> accept"
    assert kind(LISTED, steps) == ""


def test_what_is_given_later_holds_from_there_on():
    rules = 'on mail: if dnsbl("zen.example.net") deny\non rcpt: if dnsbl("bl.example.net") deny'
    steps = (
        STRANGER + 'given dnsbl() = none\nmail "a@example.net" -> accept\ngiven dnsbl() = listing\nrcpt "x@example.org" -> deny'
    )
    assert kind(rules, steps) == ""


def test_a_call_that_fails_is_unknown_by_its_own_policy():
    assert kind(LISTED, "given dnsbl() fails\nclient 203.0.113.9 -> accept") == ""
    rules = 'on connect: if dnsbl("zen.example.net", on_error = defer) deny'
    assert kind(rules, "given dnsbl() fails\nclient 203.0.113.9 -> defer 450") == "answered otherwise"
    assert kind(rules, "given dnsbl() fails\nclient 203.0.113.9 -> defer 451 4.4.3") == ""


def test_a_lookup_without_an_answer_fails_the_test_and_names_itself_and_the_rule():
    failure = outcome_of(LISTED, 'given dnsbl("zen.example.net") = none\nclient 203.0.113.9').failure
    assert failure is not None and failure.kind == "unanswered"
    assert (failure.call, failure.rule) == ('dnsbl("bl.example.net", ["127.0.0.2"])', "other")


def test_a_missing_answer_is_told_before_what_it_has_led_to():
    failure = outcome_of('on connect: if dnsbl("zen.example.net", on_error = defer) deny', "client 203.0.113.9 -> accept").failure
    assert failure is not None and (failure.kind, failure.call) == ("unanswered", 'dnsbl("zen.example.net")')


def test_a_gate_without_a_failure_policy_needs_an_answer_too():
    @function(kind=Kind.GATE, since="mail")
    def partner(domain: Domain, *, resolver: Resolver) -> bool:
        """Asks somebody."""
        raise AssertionError("it was asked")

    library = {**catalogue(), "partner": partner.__qpsmtpd__}
    failure = outcome_of("on rcpt: if partner(domain) accept", TO_US, library=library).failure
    assert failure is not None and (failure.kind, failure.call) == ("unanswered", 'partner("example.org")')


def test_a_lookup_that_no_rule_reads_needs_no_answer():
    assert (
        kind('on connect unless trusted or ip == "203.0.113.9": if dnsbl("zen.example.net") deny', "client 203.0.113.9 -> accept")
        == ""
    )


def test_early_talk_is_told_by_the_test_too():
    rules = "on connect: if earlytalker(wait = 1s) deny"
    assert kind(rules, "given earlytalker(wait = 1s) = true\nclient 203.0.113.9 -> deny") == ""
    assert kind(rules, "given earlytalker(wait = 2s) = true\nclient 203.0.113.9 -> accept") == "unanswered"


def test_data_files_are_read_as_they_are():
    rules = 'on connect: if ip in networks("relayclients") deny'
    assert kind(rules, "client 192.0.2.5 -> deny\nclient 203.0.113.9 -> accept") == ""


def test_a_gate_runs_as_it_is_unless_something_is_given():
    assert passes("", TO_US + 'rcpt "y@elsewhere.example" -> deny')
    assert passes("", 'given rcpthosts("elsewhere.example") = true\n' + TO_US + 'rcpt "y@elsewhere.example" -> accept')
    assert passes("", STRANGER + 'mail "a@example.net"\ngiven rcpthosts() fails\nrcpt "x@example.org" -> defer 451 4.4.3')


def test_effects_on_the_message_happen():
    rules = 'on data_post:\n    set_header("Subject", "changed")\n    if header.subject and header.subject == "changed" deny "changed"'
    assert kind(rules, TO_US + 'data "Subject: x" -> deny "changed"') == ""


def test_a_delivery_takes_the_message_nowhere_and_is_noted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = outcome_of("", TO_US + 'data "Subject: x" -> accept')
    assert outcome.failure is None and list(tmp_path.iterdir()) == []
    (called,) = [e for e in outcome.events if isinstance(e, Called) and e.function.name == "maildir"]
    assert not called.executed and called.value.delivered and called.arguments[0].endswith("/Maildir")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("= delivered", "accept 250"),
        ('= delivered(text = "Queued as 1")', 'accept "Queued as 1"'),
        ('= refused(text = "no such user", enhanced = "5.1.1")', 'deny 554 5.1.1 "no such user"'),
        ("= deferred", "defer 451"),
        ("fails", "defer 451 4.3.0"),
    ],
)
def test_what_becomes_of_a_delivery_can_be_given(given, wanted):
    assert passes("", f'given maildir("Maildir") {given}\n' + TO_US + f'data "Subject: x" -> {wanted}')


# --- which functions reach outside


def test_the_library_is_sorted_by_its_declarations():
    outside = {name for name, f in catalogue().items() if reaches_outside(f)}
    assert {"dnsbl", "rdns", "earlytalker", "maildir"} <= outside
    assert not {"rcpthosts", "networks", "has_headers", "set_header"} & outside


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0)
async def local_user(domain: Domain) -> bool:
    """Asks a program."""
    raise AssertionError("it was asked")


@function(kind=Kind.GATE, on_error=OnError.DEFER, timeout=5.0, since="mail")
async def partner(domain: Domain, *, resolver: Resolver) -> bool:
    """Asks the DNS."""
    raise AssertionError("it was asked")


@function(kind=Kind.EFFECT, since="data_post", until="queue")
def report(*, header: Header, resolver: Resolver) -> None:
    """Tells somebody."""
    raise AssertionError("it was done")


@function(kind=Kind.PURE, since="connect")
def hour(*, clock: Clock) -> float:
    """The hour of the day."""
    return clock.now() % 86400 // 3600


LIBRARY = {**catalogue(), **{f.__name__: f.__qpsmtpd__ for f in (local_user, partner, report, hour)}}


def test_a_function_of_ones_own_that_reaches_outside_is_never_run():
    rules = "on rcpt: unless local_user(domain) deny\non rcpt: unless partner(domain) deny\non data_post: report()"
    unanswered = outcome_of(rules, TO_US, library=LIBRARY)
    assert unanswered.failure is not None and unanswered.failure.call == 'local_user("example.org")'
    steps = "given local_user() = true\ngiven partner() = true\n" + TO_US + 'data "x" -> accept'
    assert passes(rules, steps, library=LIBRARY)


def test_the_clock_moves_only_when_told():
    rules = "on mail: if hour() >= 18 defer"
    noon, evening = 'mail "a@example.net" -> accept\nrset', 'mail "a@example.net" -> defer'
    assert passes(rules, STRANGER + f"{noon}\nat 2026-05-01T18:30:00Z\n{evening}", library=LIBRARY)
    assert passes(rules, f"at 2026-05-01T17:59:00Z\n{STRANGER}{noon}\nwait 1m\n{evening}", library=LIBRARY)


def test_waiting_takes_no_time():
    before = time.monotonic()
    outcome = outcome_of("", STRANGER + "wait 4m\nnoop -> accept\nwait 2d\nnoop -> accept")
    assert time.monotonic() - before < 60
    assert outcome.failure is not None and outcome.failure.kind == "closed"
    assert said(outcome)[-1].startswith("421 4.4.2")
