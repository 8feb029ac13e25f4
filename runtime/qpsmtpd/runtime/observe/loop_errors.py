"""Puts what the event loop complains about into the journal, the same complaint once a second and no more.

A loop that is out of descriptors says so for each connection that it cannot accept, and a journal that is written as often
costs what is needed to recover.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from typing import Any

from qpsmtpd.runtime.observe.journal import Journal

_INTERVAL = 1.0
_MOST = 100
"""Different complaints that are remembered."""


class LoopErrors:
    """An exception handler of the loop."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last: dict[str, float] = {}
        self._silenced: dict[str, int] = {}

    def __call__(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        """Records a complaint, and how many like it were left out since the last one."""
        what, now = str(context.get("message")), loop.time()
        if now - self._last.get(what, float("-inf")) < _INTERVAL:
            self._silenced[what] = self._silenced.get(what, 0) + 1
            return
        if len(self._last) >= _MOST:
            self._last.clear()
        self._last[what] = now
        error = context.get("exception")
        self._journal.record(
            "error",
            "error",
            what=what,
            more=self._silenced.pop(what, 0),
            traceback="".join(traceback.format_exception(error)) if isinstance(error, BaseException) else None,
        )
