from __future__ import annotations

import pytest

from qpsmtpd.dsl.model.functions import OnError, Scope
from qpsmtpd.dsl.model.values import Duration
from qpsmtpd.stdlib import catalogue
from qpsmtpd.stdlib.connection.earlytalker import earlytalker


class Talker:
    """A client that speaks after so many seconds of waiting."""

    def __init__(self, after: float) -> None:
        self.after = after
        self.waited: list[float] = []

    async def talked_early(self, wait: float) -> bool:
        self.waited.append(wait)
        return self.after < wait


@pytest.mark.parametrize(("after", "early"), [(0.5, True), (1.5, False)])
async def test_a_client_that_speaks_within_the_wait_is_early(after: float, early: bool) -> None:
    assert await earlytalker(early=Talker(after)) is early


async def test_the_wait_is_the_operators_and_one_second_without_one() -> None:
    client = Talker(9.0)
    await earlytalker(Duration(2.5), early=client)
    await earlytalker(early=client)
    assert client.waited == [2.5, 1.0]


def test_it_is_asked_where_a_client_has_to_wait_afresh_each_time_and_refuses_nobody_when_it_fails() -> None:
    declared = catalogue()["earlytalker"]
    assert (declared.hooks, declared.scope) == (("connect", "data"), Scope.CALL)
    assert declared.on_error is OnError.UNKNOWN
