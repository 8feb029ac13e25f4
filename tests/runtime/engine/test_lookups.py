"""Asking the outside world: answers are shared by scope, deadlines hold, failures are records and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from qpsmtpd.dsl.model.functions import OnError, Scope
from qpsmtpd.dsl.model.program import Site
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN, LookupFailure
from typed_words import Session, Transaction


def site(
    scope: Scope = Scope.CONNECTION,
    *,
    on_error: OnError = OnError.UNKNOWN,
    timeout: float = 5.0,
    rule: str = "rules.q:3",
    failure: object = None,
) -> Site:
    return Site("dnsbl", rule, on_error, timeout, scope, failure)


class Answering:
    """A call that counts how often it is made; it gives its outcomes in turn, the last one for ever."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = list(outcomes)
        self.made = 0

    async def __call__(self) -> object:
        self.made += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        await asyncio.sleep(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


async def never() -> object:
    """An answer that does not come."""
    return await asyncio.get_running_loop().create_future()


async def test_the_same_call_is_asked_once_in_its_scope() -> None:
    session, call = Session(), Answering("first", "second")
    assert [await session.ask(site(), ("zen",), call) for _ in range(3)] == ["first"] * 3
    assert await session.ask(site(), ("other",), call) == "second"
    assert call.made == 2


async def test_concurrent_askers_share_one_question() -> None:
    session, call = Session(), Answering("one", "two")
    assert await asyncio.gather(*(session.ask(site(), ("zen",), call) for _ in range(5))) == ["one"] * 5
    assert call.made == 1


async def test_an_absent_answer_is_kept_too() -> None:
    session, call = Session(), Answering(None)
    assert [await session.ask(site(), (), call), await session.ask(site(), (), call)] == [None, None]
    assert call.made == 1


async def test_a_transaction_keeps_its_own_answers() -> None:
    session, call = Session(), Answering(1, 2)
    first = await session.ask(site(Scope.TRANSACTION), (), call)
    session.transaction = Transaction()
    assert (first, await session.ask(site(Scope.TRANSACTION), (), call)) == (1, 2)


async def test_without_a_transaction_nothing_is_kept_for_it() -> None:
    session, call = Session(transaction=None), Answering(1, 2)
    assert [await session.ask(site(Scope.TRANSACTION), (), call) for _ in range(2)] == [1, 2]


async def test_a_call_without_a_scope_and_one_with_arguments_that_change_are_asked_each_time() -> None:
    session, call = Session(), Answering(1, 2, 3, 4)
    own = [await session.ask(site(Scope.CALL), (), call) for _ in range(2)]
    lists = [await session.ask(site(), (["a"],), call) for _ in range(2)]
    assert (own, lists, session.answers) == ([1, 2], [3, 4], {})


@pytest.mark.parametrize(("policy", "value"), [(OnError.UNKNOWN, UNKNOWN), (OnError.DEFER, DEFER)])
async def test_a_failure_is_the_unknown_of_its_policy_and_one_record(policy: OnError, value: object) -> None:
    session = Session()
    assert await session.ask(site(on_error=policy), (), Answering(LookupFailure("SERVFAIL"))) is value
    assert session.journal.kept == [
        {
            "event": "lookup-failed",
            "level": "warning",
            "session": "s1",
            "function": "dnsbl",
            "rule": "rules.q:3",
            "reason": "LookupFailure",
            "detail": "SERVFAIL",
        }
    ]


async def test_a_failure_is_kept_and_recorded_for_each_call_site() -> None:
    session, call = Session(), Answering(LookupFailure("SERVFAIL"), "late")
    for rule in ("rules.q:3", "rules.q:9"):
        assert await session.ask(site(rule=rule), (), call) is UNKNOWN
    assert call.made == 1
    assert [record["rule"] for record in session.journal.kept] == ["rules.q:3", "rules.q:9"]


async def test_a_bug_in_a_function_keeps_its_traceback() -> None:
    session = Session()
    assert await session.ask(site(), (), Answering(KeyError("zone"))) is UNKNOWN
    (record,) = session.journal.kept
    assert (record["level"], record["reason"]) == ("error", "KeyError")
    assert "in __call__" in record["traceback"]


async def test_a_call_that_takes_too_long_has_failed() -> None:
    session = Session()
    assert await session.ask(site(timeout=0.01), (), never) is UNKNOWN
    assert [record["reason"] for record in session.journal.kept] == ["timeout"]


async def test_the_budget_ends_a_call_before_its_own_deadline_and_later_ones_fail_at_once() -> None:
    loop, session, later = asyncio.get_running_loop(), Session(), Answering("never asked")
    session.deadline = loop.time() + 0.01
    assert await session.ask(site(), ("zen",), never) is UNKNOWN
    assert await session.ask(site(), ("other",), later) is UNKNOWN
    assert [record["reason"] for record in session.journal.kept] == ["budget", "budget"]
    assert later.made == 0


async def test_what_only_the_budget_ended_is_asked_again_in_the_next_hook() -> None:
    session = Session(deadline=asyncio.get_running_loop().time() + 0.01)
    await session.ask(site(), ("zen",), never)
    session.deadline = None
    assert await session.ask(site(), ("zen",), Answering("listed")) == "listed"


async def test_somebody_who_joins_a_question_keeps_a_deadline_of_his_own() -> None:
    session = Session()
    first = asyncio.ensure_future(session.ask(site(timeout=60), ("zen",), never))
    await asyncio.sleep(0)
    assert await session.ask(site(timeout=0.01), ("zen",), never) is UNKNOWN
    assert not first.done()
    first.cancel()


@pytest.mark.parametrize("scope", list(Scope))
async def test_the_end_of_the_session_ends_a_call_and_is_no_failure(scope: Scope) -> None:
    session = Session()
    asking = asyncio.ensure_future(session.ask(site(scope), ("zen",), never))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert session.journal.kept == []
    assert await session.ask(site(scope), ("zen",), Answering("again")) == "again"


async def test_a_lookup_that_was_cancelled_by_somebody_else_has_failed() -> None:
    session = Session()
    assert await session.ask(site(), (), Answering(asyncio.CancelledError())) is UNKNOWN
    assert [record["reason"] for record in session.journal.kept] == ["CancelledError"]


async def test_a_failure_is_the_functions_own_value_where_it_has_one_and_a_record_all_the_same() -> None:
    session, call = Session(), Answering(LookupFailure("SERVFAIL"))
    assert [await session.ask(site(failure="temperror"), (), call) for _ in range(2)] == ["temperror"] * 2
    assert call.made == 1
    assert [record["detail"] for record in session.journal.kept] == ["SERVFAIL"] * 2


def test_a_plain_call_gives_its_value_or_has_failed() -> None:
    def broken() -> object:
        raise OSError("no such table")

    session = Session()
    assert session.tried(site(), lambda: None) is None and session.journal.kept == []
    assert session.tried(site(), broken) is UNKNOWN
    assert session.tried(site(on_error=OnError.DEFER), broken) is DEFER
    assert session.tried(site(failure="error"), broken) == "error"
    assert [record["detail"] for record in session.journal.kept] == ["no such table"] * 3


def test_a_plain_function_that_raised_has_failed() -> None:
    session = Session()
    assert session.failed(site(on_error=OnError.DEFER), OSError("no such table")) is DEFER
    assert session.journal.kept[0]["detail"] == "no such table"


def test_a_log_statement_is_one_record() -> None:
    session = Session()
    session.note("rules.q:4", "hello")
    assert session.journal.kept == [{"event": "rule-log", "level": "info", "session": "s1", "rule": "rules.q:4", "text": "hello"}]
