"""Compiled hooks: what they look like, where they stand, and what they decide."""

from __future__ import annotations

import inspect

import pytest

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.emit.emit import emit, python_of
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.services import Client, Envelope
from qpsmtpd.dsl.model.values import Delivery, Listing
from qpsmtpd.dsl.model.verdicts import Verb
from typed_words import Session, Transaction, block, call, compiled, const, decide, no, program, read, rules, span, when


@function(kind=Kind.GATE, since="rcpt")
def ours(domain: str, *, client: Client) -> bool:
    """Our domains."""
    return domain == "example.org"


@function(kind=Kind.DELIVERY, since="queue")
async def handed(folder: str, *, envelope: Envelope) -> Delivery:
    """Takes every message."""
    return Delivery(True, f"in {folder}")


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def listed(zone: str) -> Listing | None:
    """Listed, and why."""
    return Listing((), f"see {zone}")


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0)
def known(domain: str) -> bool:
    """Somebody of ours, from a table that cannot be read."""
    raise OSError("no such table")


REFUSE = when(no(call(ours, read("domain"), line=2)), decide(Verb.DENY, "Not here", line=2))


def test_a_gate_that_says_no_denies_and_one_that_says_yes_marks_the_recipient() -> None:
    hook = compiled("rcpt", REFUSE)
    known, strange = Transaction("x@example.org"), Transaction("x@example.com")
    verdict = hook(Session(), strange)
    assert verdict is not None and verdict.verb is Verb.DENY
    assert (verdict.rule, verdict.reply) == ("rules.q:2", b"550 5.7.1 Not here\r\n")
    assert hook(Session(), known) is None
    assert (known.marked, strange.marked) == (True, False)


async def test_a_delivery_ends_the_hook_with_its_outcome() -> None:
    hook = compiled("queue", typed.Do(block().span, "rules.q:1", call(handed, const("Mail"))))
    verdict = await hook(Session(), Transaction())
    assert (verdict.verb, verdict.text, verdict.rule) == (Verb.ACCEPT, "in Mail", "rules.q:1")


def test_a_hook_without_waiting_calls_is_a_plain_function() -> None:
    waits = compiled("queue", typed.Do(block().span, "rules.q:1", call(handed, const("Mail"))))
    assert not inspect.iscoroutinefunction(compiled("rcpt", REFUSE))
    assert inspect.iscoroutinefunction(waits)


async def test_a_verdict_takes_the_reason_of_the_lookup_around_it_without_asking_again() -> None:
    asked = call(listed, const("zen", t.TEXT, line=3), line=3)
    refuse = decide(Verb.DENY, "Listed", line=5, message=asked, reason=True)
    inner = when(no(read("relay", line=4)), refuse)
    written = rules({"mx": {"connect": (block(when(typed.Present(asked.span, t.BOOL, asked), inner)),)}})
    verdict = await emit(written).listeners[0].hooks["connect"](Session(), None)
    assert verdict.reply == b"550 5.7.1 see zen\r\n"
    assert python_of(written).count("s.ask(") == 1


def test_skip_leaves_its_block_and_no_other() -> None:
    skipping = block(when(read("trusted"), when(read("trusted"), decide(Verb.SKIP))), decide(Verb.DENY, line=2))
    hook = program("rcpt", skipping, block(decide(Verb.ACCEPT, line=3))).listeners[0].hooks["rcpt"]
    rules = [hook(Session(trusted=trusted), Transaction()).rule for trusted in (True, False)]
    assert rules == ["rules.q:3", "rules.q:2"]


def test_a_plain_function_that_raises_ends_the_hook_by_its_policy() -> None:
    hook = compiled("rcpt", when(no(call(known, read("domain"))), decide(Verb.DENY)), decide(Verb.ACCEPT, line=2))
    session = Session()
    verdict = hook(session, Transaction())
    assert (verdict.code, verdict.enhanced) == (451, "4.4.3")
    assert [record["detail"] for record in session.journal.of("lookup-failed")] == ["no such table"]


@pytest.mark.parametrize(
    "subject", [typed.Field(span(), t.DOMAIN, read("sender"), "domain"), read("helo"), typed.Local(span(), t.DOMAIN, "mine")]
)
def test_a_gate_about_anything_but_the_recipient_in_hand_marks_nobody(subject: typed.Expr) -> None:
    bind = typed.Bind(span(), "rules.q:1", "mine", read("domain"))
    asked = when(no(call(ours, subject)), decide(Verb.DENY, line=2))
    transaction = Transaction("x@example.org")
    transaction.sender = transaction.recipient
    compiled("rcpt", bind, asked)(Session(helo="example.org"), transaction)
    assert not transaction.marked


def test_a_gate_in_another_hook_marks_nobody() -> None:
    transaction = Transaction("x@example.org")
    assert compiled("mail", REFUSE)(Session(), transaction) is None
    assert not transaction.marked


def test_a_score_has_two_decimals() -> None:
    add = typed.Set(span(), "rules.q:1", read("score").name, "+=", const(0.1))
    session = Session()
    compiled("rcpt", add, add, add)(session, Transaction())
    assert session.score == 0.3


def test_the_same_rules_give_the_same_python() -> None:
    assert python_of(rules({"mx": {"rcpt": (block(REFUSE),)}})) == python_of(rules({"mx": {"rcpt": (block(REFUSE),)}}))
