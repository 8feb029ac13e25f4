"""Compiled hooks: what they look like, where they stand, and what they decide."""

from __future__ import annotations

import inspect

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model.functions import Kind, function
from qpsmtpd.dsl.model.services import Client, Envelope
from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.dsl.model.verdicts import Verb
from typed_words import Session, Transaction, block, call, compiled, const, decide, no, program, read, when


@function(kind=Kind.GATE, since="rcpt")
def ours(domain: str, *, client: Client) -> bool:
    """Our domains."""
    return domain == "example.org"


@function(kind=Kind.DELIVERY, since="queue")
async def handed(folder: str, *, envelope: Envelope) -> Delivery:
    """Takes every message."""
    return Delivery(True, f"in {folder}")


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


def test_the_same_rules_give_the_same_python() -> None:
    assert program("rcpt", block(REFUSE)).python == program("rcpt", block(REFUSE)).python
