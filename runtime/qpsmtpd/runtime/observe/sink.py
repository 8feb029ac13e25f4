"""Where log records end up: stderr, stdout or files, written by a thread of its own.

A full pipe, a full disk or a slow one holds up that thread and nothing else: what it cannot take is dropped and
counted. It knows lines and when they were made, not what they mean.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from qpsmtpd.runtime.observe.log_files import LogFiles, Lost, Target, told

HELD = 8 * 1024 * 1024
"""Octets that may wait for a slow reader before records are dropped."""

_Lines = tuple[bytes, float]


class Sink:
    """Takes chunks of whole lines; never raises once it is open, never waits."""

    def __init__(self, target: Target) -> None:
        """Opens what the target says; a file is appended to. Raises OSError when it cannot be opened."""
        self.lost = 0
        """Records that could not be written."""
        self.trouble = ""
        """What went wrong last; empty while all is well."""
        self._astray = ""
        """Why lines still go to the target before this one."""
        self._files = LogFiles(target, time.time())
        self._waiting: deque[_Lines | Target] = deque()
        self._held = 0
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, lines: bytes, at: float) -> None:
        """Queues complete lines that were made at one moment."""
        with self._wake:
            if self._held + len(lines) > HELD:
                self._lose(lines.count(b"\n"), "the reader of the log is too slow")
                return
            self._held += len(lines)
            self._waiting.append((lines, at))
            self._wake.notify()

    def reopen(self, target: Target) -> None:
        """Goes on in `target`, opened afresh; lines queued before stay where they were meant to go."""
        with self._wake:
            self._waiting.append(target)
            self._wake.notify()

    def close(self, wait: float = 2.0) -> None:
        """Writes what is left, for at most `wait` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(wait)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                items = list(self._waiting)
                self._waiting.clear()
            if not items:
                break
            self._take(items)
        self._files.close()

    def _take(self, items: list[_Lines | Target]) -> None:
        """Writes the lines of one round, those of one moment together."""
        lines: list[bytes] = []
        moment = 0.0
        for item in items:
            if isinstance(item, Target) or item[1] != moment:
                self._put(b"".join(lines), moment)
                lines = []
            if isinstance(item, Target):
                self._turn_to(item)
            else:
                lines.append(item[0])
                moment = item[1]
        self._put(b"".join(lines), moment)

    def _put(self, lines: bytes, moment: float) -> None:
        if not lines:
            return
        try:
            self._files.write(lines, moment)
            self.trouble = self._astray or self._files.astray
        except Lost as lost:
            with self._wake:
                self._lose(lost.count, lost.trouble)
        with self._wake:
            self._held -= len(lines)

    def _turn_to(self, target: Target) -> None:
        try:
            files = LogFiles(target, time.time())
        except OSError as error:
            self._astray = told(target.pattern, error)
        else:
            self._files.close()
            self._files, self._astray = files, ""
        self.trouble = self._astray

    def _lose(self, count: int, trouble: str) -> None:
        self.lost += count
        self.trouble = trouble
