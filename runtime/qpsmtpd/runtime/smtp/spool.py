"""Where a message waits that is too large for memory: a file without a name, readable by nobody else.

The file is unlinked as soon as it is open, so a crash leaves nothing behind and no path can be raced. Writing and
reading happen in threads; a reader has a descriptor of its own, so that giving the file up never pulls it from under a thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

_CHUNK = 256 * 1024
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_number = count(1)


class SpoolFile:
    """An open file that has no name any more."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError when the file cannot be made."""
        path = folder / f".receiving-{os.getpid()}-{next(_number)}"
        self._fd = os.open(path, _FLAGS, 0o600)
        self._lock = threading.Lock()
        path.unlink()

    def write(self, parts: Sequence[bytes]) -> None:
        """Appends; to be called in a thread. Raises OSError."""
        fd = self._own()
        try:
            for part in parts:
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(fd, rest) :]
        finally:
            os.close(fd)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The content from octet `start` on; to be read in a thread. Raises OSError."""
        fd = self._own()
        try:
            while chunk := os.pread(fd, _CHUNK, start):
                start += len(chunk)
                yield chunk
        finally:
            os.close(fd)

    def close(self) -> None:
        """Gives the space back, once no thread reads any more; a second call does nothing."""
        with self._lock:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def _own(self) -> int:
        with self._lock:
            if self._fd < 0:
                raise OSError("the message is no longer there")
            return os.dup(self._fd)
