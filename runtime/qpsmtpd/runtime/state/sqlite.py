"""The SQLite backend: one thread of this process reads and writes the file, the event loop never waits for a disk.

Requests that wait when the thread comes round are one transaction: one commit for all of them, and only then an answer.
So many requests cost little more than one. When the file cannot be opened, is locked for long, full or broken, the requests
of that round fail, and the next round tries anew. Nobody waits for longer than that takes, and what nobody waits for any
more is not done.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qpsmtpd.dsl.model.services import Clock
from qpsmtpd.dsl.model.values import LookupFailure
from qpsmtpd.runtime.state.sqlite_file import PATIENCE, StateFile
from qpsmtpd.runtime.state.store import Change, Place

_TOGETHER = 512
"""Requests of one transaction at most."""
_WAITING = 10_000
"""Requests that may wait; more fail at once, so that a disk that hangs takes no more memory than these."""
_SWEPT_EVERY = 10.0
"""Seconds between two looks for what has expired, unless the last one did not come to an end."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is wanted: to read a place, or to change it."""

    place: Place
    change: Change | None
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class SqliteStore:
    """See `qpsmtpd.runtime.state.store.Store`. The file is opened when it is first needed."""

    def __init__(self, path: Path, clock: Clock, *, read_only: bool = False) -> None:
        self._path = path
        self._clock = clock
        self._read_only = read_only
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._file: StateFile | None = None
        self._sweep_at = 0.0

    async def get(self, place: Place) -> bytes | None:
        value: bytes | None = await self._ask(place, None)
        return value

    async def change(self, place: Place, change: Change) -> Any:
        return await self._ask(place, change)

    def close(self) -> None:
        """Ends when everything that was asked for is done."""
        if self._thread is not None:
            self._requests.put(None)
            self._thread.join(2 * PATIENCE)  # a disk that hangs does not keep the service from ending
            self._thread = None

    async def _ask(self, place: Place, change: Change | None) -> Any:
        if self._requests.qsize() >= _WAITING:
            raise LookupFailure(f"{self._path}: {_WAITING} requests wait already")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._requests.put(_Request(place, change, answer, loop))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="state", daemon=True)
            self._thread.start()
        return await answer

    # --- in the thread ---------------------------------------------------

    def _work(self) -> None:
        open_for_more = True
        while open_for_more:
            found = [self._requests.get()]
            with contextlib.suppress(queue.Empty):
                while len(found) < _TOGETHER:
                    found.append(self._requests.get_nowait())
            open_for_more = None not in found
            self._serve([request for request in found if request is not None and not request.answer.cancelled()])
        self._forget_file()

    def _serve(self, requests: Sequence[_Request]) -> None:
        """Does what is asked, and tells each how it went."""
        if not requests:
            return
        try:
            answers = self._together(requests)
        except (sqlite3.Error, OSError) as error:
            answers = [LookupFailure(f"{self._path}: {error}") for _ in requests]
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                self._forget_file()  # whatever is wrong with it, a fresh look may find it mended
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever is wrong with these requests
            answers = [error] * len(requests)
            self._forget_file()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            requests[0].loop.call_soon_threadsafe(_tell, requests, answers)

    def _together(self, requests: Sequence[_Request]) -> list[Any]:
        if self._file is None:
            self._file = StateFile(self._path, read_only=self._read_only)
        file, now = self._file, self._clock.now()
        if all(request.change is None for request in requests):
            return [file.get(request.place, now) for request in requests]
        with file.transaction():
            answers = [self._one(file, request, now) for request in requests]
            self._sweep(file, now, 2 * _TOGETHER)
        return answers

    def _one(self, file: StateFile, request: _Request, now: float) -> Any:
        value = file.get(request.place, now)
        if request.change is None:
            return value
        try:
            entry, answer = request.change(value)
        except Exception as error:  # noqa: BLE001 - the caller's own fault, and nobody else's
            return error
        if entry is not None:
            file.put(request.place, entry.value, now + entry.expires)
        return answer

    def _sweep(self, file: StateFile, now: float, most: int) -> None:
        """Removes expired entries, in each round more than the round can have added."""
        if self._sweep_at <= now or self._sweep_at > now + _SWEPT_EVERY:
            removed = file.remove_expired(now, most)
            self._sweep_at = now if removed == most else now + _SWEPT_EVERY

    def _forget_file(self) -> None:
        if self._file is not None:
            with contextlib.suppress(sqlite3.Error):
                self._file.close()
            self._file = None


def _tell(requests: Sequence[_Request], answers: Sequence[Any]) -> None:
    for request, answer in zip(requests, answers, strict=True):
        if request.answer.done():
            continue
        if isinstance(answer, Exception):
            request.answer.set_exception(answer)
        else:
            request.answer.set_result(answer)
