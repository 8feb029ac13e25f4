"""How a session asks the outside world: shared answers, deadlines, and what a failure becomes.

A call has until its own deadline or the end of the hook's budget, whichever comes first; once the budget is spent,
calls fail at once. The same call is asked once in its scope, failures included, but for those that only the budget
caused. A failure is one record of the journal and the value unknown, or the value that the function has for it; its
words go nowhere else. Nothing here knows rules or SMTP.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from qpsmtpd.dsl.model.functions import OnError, Scope
from qpsmtpd.dsl.model.program import Site
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN, LookupFailure
from qpsmtpd.runtime.engine.services import Services

Call = Callable[[], Awaitable[object]]
Answers = dict[tuple[object, ...], object]
"""The answers of one scope by function and arguments; a future while the question is open."""


class Transacting(Protocol):
    """The transaction, as far as asking needs it."""

    answers: Answers | None


class Asker(Protocol):
    """The session, as far as asking needs it. `deadline` is the loop's time at which the running hook's budget ends."""

    answers: Answers | None
    deadline: float | None

    @property
    def services(self) -> Services: ...
    @property
    def session_id(self) -> str: ...
    @property
    def transaction(self) -> Transacting | None: ...
    @property
    def shadow(self) -> str:
        """The shadowed rule whose copy this session is; empty for the session itself."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a call has no answer; `reason` is one word for the log."""

    reason: str
    error: BaseException | None = None


_SPENT = _Failure("budget")
_ABSENT = object()
OUTSIDE = (LookupFailure, OSError, TimeoutError)
"""Failures of the world; all others are bugs of a function, and keep their traceback."""


class Asking:
    """What compiled rules call on a session."""

    __slots__ = ()

    async def ask(self: Asker, site: Site, key: tuple[object, ...], call: Call) -> object:
        """The answer of a call, from its scope when it was asked before; unknown, by the site's policy, when it failed, unless the function has a value for that."""
        answers = None if site.scope is Scope.CALL else _answers(self, site.scope)
        if answers is None or not _hashable(key):
            answer = await _attempt(self, site, call)
        else:
            answer = await _shared(self, site, answers, key, call)
        if isinstance(answer, _Failure):
            return _lost(self, site, answer)
        return answer

    def tried(self: Asker, site: Site, call: Callable[[], object]) -> object:
        """The same for a call that does not wait, and is made each time."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - a function may raise anything; that is what failing means
            return _lost(self, site, _Failure(type(error).__name__, error))

    def failed(self: Asker, site: Site, error: BaseException) -> object:
        """The value of a call that has raised."""
        return _lost(self, site, _Failure(type(error).__name__, error))

    def note(self: Asker, rule: str, text: str) -> None:
        """`log(...)`: one record."""
        more = {"shadow": self.shadow} if self.shadow else {}
        self.services.journal.record("rule-log", session=self.session_id, rule=rule, text=text, **more)


def _answers(session: Asker, scope: Scope) -> Answers | None:
    holder: Asker | Transacting | None = session if scope is Scope.CONNECTION else session.transaction
    if holder is None:
        return None
    if holder.answers is None:
        holder.answers = {}
    return holder.answers


def _hashable(key: tuple[object, ...]) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


async def _shared(session: Asker, site: Site, answers: Answers, key: tuple[object, ...], call: Call) -> object:
    """The kept answer, that of somebody who is asking already, or one's own, kept."""
    question = (site.function, *key)
    kept = answers.get(question, _ABSENT)
    if isinstance(kept, asyncio.Future):
        pending: asyncio.Future[object] = kept
        return await _attempt(session, site, lambda: asyncio.shield(pending))
    if kept is not _ABSENT:
        return kept
    pending = answers[question] = asyncio.get_running_loop().create_future()
    answer: object = _SPENT
    try:
        answer = await _attempt(session, site, call)
    finally:
        if answer is _SPENT:
            del answers[question]
        else:
            answers[question] = answer
        pending.set_result(answer)
    return answer


async def _attempt(session: Asker, site: Site, call: Call) -> Any:
    """Asks within the deadline; a failure is a value."""
    left = site.timeout
    if session.deadline is not None:
        left = session.deadline - asyncio.get_running_loop().time()
        if left <= 0:
            return _SPENT
    limit = asyncio.timeout(min(left, site.timeout))
    try:
        async with limit:
            return await call()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return _Failure("CancelledError", error)
    except Exception as error:  # noqa: BLE001 - a function may raise anything; that is what failing means
        if isinstance(error, TimeoutError) and limit.expired():
            return _SPENT if left < site.timeout else _Failure("timeout")
        return _Failure(type(error).__name__, error)


def _lost(session: Asker, site: Site, failure: _Failure) -> object:
    """One record; returns the function's own value of a failure, or the unknown of the site's policy."""
    error = failure.error
    bug = error is not None and not isinstance(error, OUTSIDE)
    more = {"traceback": "".join(traceback.format_exception(error))} if bug else {}
    session.services.journal.record(
        "lookup-failed",
        level="error" if bug else "warning",
        session=session.session_id,
        function=site.function,
        rule=site.rule,
        reason=failure.reason,
        detail="" if error is None else str(error),
        **more,
    )
    if site.failure is not None:
        return site.failure
    return DEFER if site.on_error is OnError.DEFER else UNKNOWN
