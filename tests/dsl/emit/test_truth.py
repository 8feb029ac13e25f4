"""Three-valued truth in compiled rules, for every combination of answers."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plain_meaning import finish
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.program import Site
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN
from qpsmtpd.dsl.model.verdicts import Verb
from typed_words import Session, Transaction, call, compiled, const, decide, span, when

TRUTHS: tuple[Any, ...] = (True, False, UNKNOWN, DEFER)


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def answer(n: int) -> bool:
    """The answer of that number."""
    raise AssertionError("the session answers")


class Told(Session):
    """Answers the questions from a list, in the order in which they come."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        super().__init__()
        self.given, self.asked = answers, 0

    async def ask(self, site: Site, key: tuple[object, ...], call: Callable[[], Awaitable[object]]) -> object:  # type: ignore[override]
        self.asked += 1
        return self.given[self.asked - 1]


def decided(condition: typed.Expr, *answers: Any) -> tuple[Any, int]:
    """True, false, UNKNOWN or DEFER as a condition shows it, and how many questions it asked."""
    hook = compiled("rcpt", when(condition, decide(Verb.ACCEPT), orelse=(decide(Verb.DENY),)))
    session = Told(answers)
    verdict = finish(hook(session, Transaction()))
    if verdict is None:
        return UNKNOWN, session.asked
    return {Verb.ACCEPT: True, Verb.DENY: False, Verb.DEFER: DEFER}[verdict.verb], session.asked


def asked(n: int = 0) -> typed.Expr:
    return call(answer, const(n))


def joined(left: Any, right: Any, settling: bool) -> tuple[Any, int]:
    if left is settling:
        return settling, 1
    if right is settling:
        return settling, 2
    if DEFER in (left, right):
        return DEFER, 2
    return (UNKNOWN if UNKNOWN in (left, right) else not settling), 2


@pytest.mark.parametrize(("left", "right"), list(itertools.product(TRUTHS, TRUTHS)))
def test_and_or_follow_kleene_and_skip_what_is_settled(left: Any, right: Any) -> None:
    assert decided(typed.And(span(), t.BOOL, asked(), asked()), left, right) == joined(left, right, False)
    assert decided(typed.Or(span(), t.BOOL, asked(), asked()), left, right) == joined(left, right, True)


@pytest.mark.parametrize("values", list(itertools.product(TRUTHS, TRUTHS, TRUTHS)))
def test_nested_conditions_join_their_causes(values: tuple[Any, Any, Any]) -> None:
    first, second, third = values
    inner, asked_inside = joined(first, second, True)
    if inner is False:
        expected = (False, asked_inside)
    else:
        truth, _ = joined(inner, third, False)
        expected = (truth, asked_inside + 1)
    given = (first, second, third) if asked_inside == 2 else (first, third)
    either = typed.Or(span(), t.BOOL, asked(), asked())
    assert decided(typed.And(span(), t.BOOL, either, asked()), *given) == expected


@pytest.mark.parametrize(("left", "right"), list(itertools.product(TRUTHS, TRUTHS)))
def test_comparing_asks_both_sides_and_spreads_unknown(left: Any, right: Any) -> None:
    both = [value for value in (left, right) if value in (UNKNOWN, DEFER)]
    expected = (DEFER if DEFER in both else UNKNOWN) if both else left == right
    assert decided(typed.Compare(span(), t.BOOL, "==", asked(), asked()), left, right) == (expected, 2)


@pytest.mark.parametrize("value", TRUTHS)
def test_not_leaves_unknown_unknown(value: Any) -> None:
    expected = value if value in (UNKNOWN, DEFER) else not value
    assert decided(typed.Not(span(), t.BOOL, asked()), value) == (expected, 1)
