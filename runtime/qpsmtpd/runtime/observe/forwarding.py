"""Puts what libraries say through Python's `logging` into the journal, where it is escaped like everything else."""

from __future__ import annotations

import asyncio
import logging

from qpsmtpd.runtime.observe.journal import Journal

_LEVELS = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "critical"}


class Forwarding(logging.Handler):
    """A handler of the root logger; takes warnings and worse, from any thread."""

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal
        self._loop = loop

    def emit(self, record: logging.LogRecord) -> None:
        """Records the message on the loop's thread, which is the journal's."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, record)

    def _put(self, record: logging.LogRecord) -> None:
        level = _LEVELS.get(record.levelno, "error")
        text = self.format(record) if record.exc_info else record.getMessage()
        self._journal.record("library", level, logger=record.name, text=text)
