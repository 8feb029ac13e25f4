"""How functions are called when one imaginary session is traced: for real, timed and noted, but for what would be left behind.

Nothing is delivered, and nothing is told to anybody outside: that is noted as what would have been done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qpsmtpd.dsl.model.functions import Function, Kind
from qpsmtpd.dsl.model.values import Delivery, Domain
from qpsmtpd.runtime.lab.record import Called, Record, timer
from qpsmtpd.runtime.lab.stand_ins import reaches_outside

_RDNS = "rdns"
_DELIVERED = Delivery(True, "Would have been delivered")


class LiveCalls:
    """Hands out what is called in place of each function. `rdns` is the client's name, where it is told and not looked up."""

    def __init__(self, record: Record, rdns: Domain | None) -> None:
        self._record = record
        self._rdns = rdns

    def stand_in(self, function: Function) -> Function:
        """What is called instead of a function of the library."""
        if function.kind is Kind.PURE and not function.services:
            return function
        untouched = function.kind is Kind.DELIVERY or (function.kind is Kind.EFFECT and reaches_outside(function))
        if untouched or (function.name == _RDNS and self._rdns is not None):
            return replace(function, code=self._told(function), services=())
        return replace(function, code=self._waiting(function) if function.asynchronous else self._plain(function))

    def _told(self, function: Function) -> Callable[..., Any]:
        answer = _DELIVERED if function.kind is Kind.DELIVERY else None if function.kind is Kind.EFFECT else self._rdns

        def plain(*arguments: Any) -> Any:
            self._record.add(Called(function, arguments, answer, executed=False))
            return answer

        async def waiting(*arguments: Any) -> Any:
            return plain(*arguments)

        return waiting if function.asynchronous else plain

    def _plain(self, function: Function) -> Callable[..., Any]:
        def code(*arguments: Any, **lent: Any) -> Any:
            seconds = timer()
            try:
                value = function.code(*arguments, **lent)
            except Exception as error:
                self._record.add(Called(function, arguments, error=error, seconds=seconds()))
                raise
            self._record.add(Called(function, arguments, value, seconds=seconds()))
            return value

        return code

    def _waiting(self, function: Function) -> Callable[..., Any]:
        async def code(*arguments: Any, **lent: Any) -> Any:
            seconds = timer()
            try:
                value = await function.code(*arguments, **lent)
            except (Exception, asyncio.CancelledError) as error:
                gone = TimeoutError("no answer in time") if isinstance(error, asyncio.CancelledError) else error
                self._record.add(Called(function, arguments, error=gone, seconds=seconds()))
                raise
            self._record.add(Called(function, arguments, value, seconds=seconds()))
            return value

        return code
