"""Decides which functions run in the lab as they are, and what answers for those that do not.

A function that reaches outside of the session is never run by a test: the test answers for it. Which ones reach outside
is read from their declarations, never from a list. Deliveries take nothing anywhere: they accept and are noted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qpsmtpd.dsl.check.trials import Given
from qpsmtpd.dsl.model.functions import Function, Kind
from qpsmtpd.dsl.model.services import IN_HAND, KEPT, Envelope, Message
from qpsmtpd.dsl.model.values import Delivery, LookupFailure
from qpsmtpd.runtime.lab.record import Called, PutAside, Record
from qpsmtpd.runtime.lab.shown_values import spelled_call

TAKEN = Delivery(True, "Taken by the test")


class NotGiven(LookupFailure):
    """A test has no answer for a call that its rules have made."""


class SaidToFail(LookupFailure):
    """A test says that a call fails."""


def reaches_outside(function: Function) -> bool:
    """True when the function asks or changes something that is neither its arguments nor the session.

    State is of our own, and a test has one that starts empty. A lookup that says of nothing where it asks must be taken to
    ask by itself.
    """
    wanted = {service for _, service in function.services}
    if wanted - IN_HAND - KEPT or function.kind is Kind.DELIVERY:
        return True
    return function.kind is Kind.LOOKUP and not wanted & KEPT


@dataclass(slots=True)
class Answers:
    """What a test has given so far, and where calls are noted."""

    record: Record
    given: list[Given] = field(default_factory=list)

    def of(self, function: Function, arguments: Sequence[Any]) -> Given | None:
        """What was given last for such a call."""
        return next((g for g in reversed(self.given) if g.function.name == function.name and _match(g, arguments)), None)


def _match(given: Given, arguments: Sequence[Any]) -> bool:
    return all(_same(value, arguments[place]) for place, value in given.arguments)


def _same(one: Any, other: Any) -> bool:
    """Equal, also for the sets of the language, which are equal when they hold the same."""
    if type(one) is type(other) and hasattr(one, "__iter__") and not isinstance(one, str | bytes | tuple | list | dict):
        return list(one) == list(other)
    return bool(one == other)


class LabQuarantine:
    """Where rules of the lab put messages aside: nowhere. See `qpsmtpd.runtime.engine.services.Quarantine`."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def keep(self, place: str, message: Message, envelope: Envelope) -> Delivery:
        self._record.add(PutAside(place))
        return Delivery(True, "Put aside by nobody")


class Stage:
    """Hands out the stand-ins of rules, and lends them the answers of the test that runs."""

    def __init__(self) -> None:
        self.answers = Answers(Record())

    def stand_in(self, function: Function) -> Function:
        """What is called instead of a function of the library."""
        if function.kind is Kind.PURE and not function.services:
            return function
        outside = reaches_outside(function)
        code = self._waiting(function, outside) if function.asynchronous else self._plain(function, outside)
        return replace(function, code=code, services=() if outside else function.services)

    def _plain(self, function: Function, outside: bool) -> Callable[..., Any]:
        def code(*arguments: Any, **lent: Any) -> Any:
            given = self.answers.of(function, arguments)
            if given is None and not outside:
                return self._noted(function, arguments, function.code(*arguments, **lent))
            return self._answered(function, arguments, given)

        return code

    def _waiting(self, function: Function, outside: bool) -> Callable[..., Any]:
        async def code(*arguments: Any, **lent: Any) -> Any:
            given = self.answers.of(function, arguments)
            if given is None and not outside:
                return self._noted(function, arguments, await function.code(*arguments, **lent))
            return self._answered(function, arguments, given)

        return code

    def _noted(self, function: Function, arguments: tuple[Any, ...], value: Any) -> Any:
        self.answers.record.add(Called(function, arguments, value))
        return value

    def _answered(self, function: Function, arguments: tuple[Any, ...], given: Given | None) -> Any:
        note = self.answers.record.add
        if given is not None and given.fails:
            failure = SaidToFail("the test says so")
            note(Called(function, arguments, error=failure, executed=False))
            raise failure
        if given is None and function.kind not in (Kind.DELIVERY, Kind.EFFECT):
            raise NotGiven(spelled_call(function, arguments))
        value = given.value if given is not None else TAKEN if function.kind is Kind.DELIVERY else None
        note(Called(function, arguments, value, executed=False))
        return value
