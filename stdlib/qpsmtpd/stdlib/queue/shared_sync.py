"""Makes a folder's entries durable once for all who wait for it.

Many deliveries end at the same time, each with a new name in the same folder; one fsync of the folder that begins after
their names were made serves them all. Knows nothing of mail.
"""

from __future__ import annotations

import os
import threading


def sync_folder(path: str) -> None:
    """fsync of a folder: its entries are on stable storage afterwards. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class SharedSync:
    """fsync of one folder by many threads, grouped."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._turn = threading.Condition()
        self._running = False
        self._begun = 0
        self._ended = 0
        self._failure: tuple[int, OSError] | None = None

    def sync(self) -> None:
        """Returns when an fsync that began after this call has succeeded. Raises OSError when it has failed."""
        with self._turn:
            wanted = self._begun + 1
            while self._ended < wanted:
                if self._running:
                    self._turn.wait()
                else:
                    self._lead()
            # the kernel reports a write error once, so it holds for everybody that this fsync was for
            if self._failure and self._failure[0] >= wanted:
                raise OSError(self._failure[1].errno, os.strerror(self._failure[1].errno or 0), self._path)

    def _lead(self) -> None:
        self._begun += 1
        self._running = True
        self._turn.release()
        failure = None
        try:
            sync_folder(self._path)
        except OSError as error:
            failure = error
        finally:
            self._turn.acquire()
            self._running = False
            self._ended = self._begun
            if failure:
                self._failure = (self._ended, failure)
            self._turn.notify_all()
