"""Where log records end up: stderr, stdout or a file, written by a thread of its own.

A full pipe, a full disk or a slow one holds up that thread and nothing else: what it cannot take is dropped and
counted. It knows lines, not what they mean.
"""

from __future__ import annotations

import os
import threading
from collections import deque

HELD = 8 * 1024 * 1024
"""Octets that may wait for a slow reader before records are dropped."""
_STANDARD = {"stdout": 1, "stderr": 2}


class Sink:
    """Takes chunks of whole lines; never raises once it is open, never waits."""

    def __init__(self, target: str) -> None:
        """Opens `stderr`, `stdout` or a file, which is appended to. Raises OSError when it cannot be opened."""
        self.target = target
        self.lost = 0
        """Records that could not be written."""
        self.trouble = ""
        """What went wrong last; empty while all is well."""
        self._astray = ""
        """Why lines still go to the target before this one."""
        self._fd = _open(target)
        self._waiting: deque[bytes | str] = deque()
        self._held = 0
        self._torn = False
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, lines: bytes) -> None:
        """Queues complete lines."""
        with self._wake:
            if self._held + len(lines) > HELD:
                self._lose(lines, "the reader of the log is too slow")
                return
            self._held += len(lines)
            self._waiting.append(lines)
            self._wake.notify()

    def reopen(self, target: str) -> None:
        """Goes on in `target`, opened afresh; lines queued before stay where they were meant to go."""
        with self._wake:
            self.target = target
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
        if self._fd > 2:
            os.close(self._fd)

    def _take(self, items: list[bytes | str]) -> None:
        """Writes the lines of one round, as few writes as there are files."""
        lines: list[bytes] = []
        for item in items:
            if isinstance(item, bytes):
                lines.append(item)
            else:
                self._put(b"".join(lines))
                lines = []
                self._turn_to(item)
        self._put(b"".join(lines))

    def _put(self, lines: bytes) -> None:
        # a line that was cut by a full disk must not swallow the next one
        left = b"\n" + lines if self._torn and lines else lines
        try:
            while left:
                done = os.write(self._fd, left)
                self._torn = left[done - 1 : done] != b"\n"
                left = left[done:]
            if lines:
                self.trouble = self._astray
        except OSError as error:
            with self._wake:
                self._lose(left, os.strerror(error.errno or 0))
        with self._wake:
            self._held -= len(lines)

    def _turn_to(self, target: str) -> None:
        try:
            fd = _open(target)
        except OSError as error:
            self.trouble = self._astray = f"{target}: {os.strerror(error.errno or 0)}; records still go where they went before"
            return
        self.trouble = self._astray = ""
        if self._fd > 2:
            os.close(self._fd)
        self._fd, self._torn = fd, False

    def _lose(self, lines: bytes, trouble: str) -> None:
        self.lost += lines.count(b"\n")
        self.trouble = trouble


def _open(target: str) -> int:
    if target in _STANDARD:
        return _STANDARD[target]
    # a pipe that nobody reads is an error, not a reason to wait for a reader
    fd = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK, 0o600)
    os.set_blocking(fd, True)
    return fd
