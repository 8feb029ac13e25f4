"""Running a hook that waits: budget, hard stop, and what a client hears when our side breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.verdicts import Verb, Verdict, verdict
from qpsmtpd.runtime.engine.hooks import failed_hook, run_hook
from typed_words import Session, Transaction, call, compiled, const, decide, no, when

ACCEPT = verdict(Verb.ACCEPT, "rules.q:1", 250, "2.0.0", "Ok")


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def silent(zone: str) -> bool:
    """A list in a DNS that never answers."""
    return bool(await asyncio.get_running_loop().create_future())


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=0.01)
async def unsure(zone: str) -> bool:
    """Whether somebody exists, from a database that never answers."""
    return bool(await asyncio.get_running_loop().create_future())


async def gives(outcome: Verdict | BaseException | None) -> Verdict | None:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def assert_our_trouble(answer: Verdict | None) -> None:
    assert answer is not None
    assert (answer.verb, answer.code, answer.enhanced) == (Verb.DEFER, 451, "4.3.0")
    assert "s1" in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("outcome", [ACCEPT, None])
async def test_the_verdict_of_the_rules_is_the_verdict(outcome: Verdict | None) -> None:
    session = Session()
    assert await run_hook(session, gives(outcome), 5.0) is outcome
    assert session.deadline is None


async def test_an_exception_is_451_without_a_word_of_it_and_a_record_with_its_traceback() -> None:
    session = Session()
    assert_our_trouble(await run_hook(session, gives(ValueError("secret")), 5.0))
    (record,) = session.journal.of("error")
    assert (record["level"], record["error"], record["session"]) == ("error", "ValueError", "s1")
    assert "ValueError: secret" in record["traceback"]


async def test_a_failure_of_the_world_is_recorded_with_its_reason_and_no_traceback() -> None:
    session = Session()
    assert_our_trouble(await run_hook(session, gives(OSError(28, "No space left")), 5.0))
    (record,) = session.journal.of("error")
    assert (record["error"], record["detail"]) == ("OSError", "[Errno 28] No space left")
    assert "traceback" not in record


async def test_rules_that_do_not_end_are_stopped_even_when_they_swallow_the_stop() -> None:
    stopped = asyncio.Event()

    async def stubborn() -> None:
        while not stopped.is_set():
            try:
                await stopped.wait()
            except asyncio.CancelledError:
                continue

    session = Session()
    assert_our_trouble(await run_hook(session, stubborn(), 0.01, grace=0.01))
    assert [record["error"] for record in session.journal.kept] == ["TimeoutError"]
    stopped.set()


async def test_a_hook_that_somebody_cancelled_from_inside_is_our_trouble() -> None:
    assert_our_trouble(await run_hook(Session(), gives(asyncio.CancelledError()), 5.0))


async def test_the_end_of_the_session_ends_the_hook() -> None:
    ended = asyncio.Event()

    async def waiting() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    session = Session()
    running = asyncio.ensure_future(run_hook(session, waiting(), 5.0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(ended.wait(), 5)
    assert session.journal.kept == []


def test_a_plain_hook_that_raised_is_answered_the_same_way() -> None:
    session = Session()
    assert_our_trouble(failed_hook(session, ValueError("secret")))
    assert len(session.journal.of("error")) == 1


async def ran(statement: Any, budget: float) -> tuple[Verdict | None, list[str]]:
    session = Session()
    hook = compiled("rcpt", statement, decide(Verb.ACCEPT, line=9))
    answer = await run_hook(session, hook(session, Transaction()), budget)  # type: ignore[arg-type]
    return answer, [record["reason"] for record in session.journal.of("lookup-failed")]


async def test_a_deny_on_a_lookup_that_never_answers_does_not_happen() -> None:
    answer, reasons = await ran(when(call(silent, const("zen")), decide(Verb.DENY)), 0.02)
    assert answer is not None
    assert (answer.verb, reasons) == (Verb.ACCEPT, ["budget"])


async def test_an_unless_on_a_lookup_that_never_answers_denies_nobody_either() -> None:
    answer, reasons = await ran(when(no(call(silent, const("zen"))), decide(Verb.DENY)), 0.02)
    assert answer is not None
    assert (answer.verb, reasons) == (Verb.ACCEPT, ["budget"])


async def test_a_lookup_whose_policy_is_defer_ends_the_hook_with_451() -> None:
    answer, reasons = await ran(when(no(call(unsure, const("users"))), decide(Verb.DENY)), 5.0)
    assert answer is not None
    assert (answer.code, answer.enhanced, answer.rule, reasons) == (451, "4.4.3", "rules.q:1", ["timeout"])


async def test_an_unknown_branch_takes_the_place_of_the_451() -> None:
    branch = (decide(Verb.DISCARD, line=4),)
    answer, _ = await ran(when(call(unsure, const("users")), decide(Verb.DENY), unknown=branch), 5.0)
    assert answer is not None
    assert answer.rule == "rules.q:4"
