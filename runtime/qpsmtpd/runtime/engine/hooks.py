"""Runs a hook that waits: its budget, its hard stop, and what the client hears when our side breaks.

When the budget is spent, lookups fail by themselves and the rules go on; code that still does not end is stopped a
little later. Whatever goes wrong, the client hears 451 4.3.0 with the session's name to ask about, and not a word of
the cause: that stands in the journal.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable

from qpsmtpd.dsl.model.verdicts import Verb, Verdict, verdict
from qpsmtpd.runtime.engine.lookups import OUTSIDE, Asker

GRACE = 1.0
"""Seconds that rules have, after their budget, to come to an end without lookups."""


async def run_hook(session: Asker, waiting: Awaitable[Verdict | None], budget: float, *, grace: float = GRACE) -> Verdict | None:
    """The verdict of a hook that has `budget` seconds for all its lookups; None when no rule decided.

    Never raises but for the end of the session, which ends the hook too.
    """
    session.deadline = asyncio.get_running_loop().time() + budget
    running = asyncio.ensure_future(waiting)
    try:
        # a timeout inside the task could be swallowed by the code it should stop
        await asyncio.wait((running,), timeout=budget + grace)
        if not running.done():
            return failed_hook(session, TimeoutError(f"the hook did not end within {budget} s"))
        if running.cancelled():
            return failed_hook(session, asyncio.CancelledError("something in the hook cancelled it"))
        error = running.exception()
        return running.result() if error is None else failed_hook(session, error)
    finally:
        session.deadline = None
        if not running.done():
            running.add_done_callback(_forgotten)
            running.cancel()


def failed_hook(session: Asker, error: BaseException) -> Verdict:
    """Records what broke and gives the answer to the client: 451 4.3.0. A bug of ours keeps its traceback, a failure of the world does not."""
    more = {} if isinstance(error, OUTSIDE) else {"traceback": "".join(traceback.format_exception(error))}
    session.services.journal.record(
        "error", level="error", session=session.session_id, error=type(error).__name__, detail=str(error), **more
    )
    text = f"Local trouble, try again later; if you ask about it, name session {session.session_id}"
    return verdict(Verb.DEFER, "internal error", 451, "4.3.0", text)


def _forgotten(running: asyncio.Future[Verdict | None]) -> None:
    """Nobody waits for its outcome any more."""
    if not running.cancelled():
        running.exception()
