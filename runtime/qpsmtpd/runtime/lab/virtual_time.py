"""An event loop whose time moves only when told: timers fire by jumping to them as soon as nothing else is left to do.

So rules that wait a second cost nothing, and everything runs in the same order each time. Work in threads is waited for in
real time, since it ends by itself. Knows nothing of mail.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

from qpsmtpd.dsl.model.values import Time

BEGINNING = 1_767_268_800.0
"""What time it is when a test begins: 2026-01-01T12:00:00Z."""


class Stuck(RuntimeError):
    """Something is awaited that can never come: no timer, no thread and no file is left."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop of one test."""

    def __init__(self) -> None:
        self.moment = 0.0
        """Seconds since the loop was made."""
        self.threads = 0
        """Calls that are under way in threads."""
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.moment

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        self.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the base has it
        """Waits for the pool's threads, in a thread of its own."""
        self.threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self.threads -= 1

    def _back(self, _: object) -> None:
        self.threads -= 1


class _Jumping(selectors.SelectSelector):
    """Where the loop would sleep, its time jumps instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._loop.threads:
            return super().select(None)
        if timeout is None:
            raise Stuck("something is awaited that never comes")
        self._loop.moment += timeout
        return []


class LabClock:
    """The wall clock of a test; see `qpsmtpd.dsl.model.services.Clock`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._zero = BEGINNING - loop.time()

    def now(self) -> Time:
        return Time(self._zero + self._loop.time())

    def set(self, time: float) -> None:
        """Makes it that time; timers do not notice."""
        self._zero = time - self._loop.time()
