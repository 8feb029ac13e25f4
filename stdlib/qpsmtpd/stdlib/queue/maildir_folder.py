"""A Maildir on disk: how a message becomes a file in `new` that survives a crash, whole or not at all.

The rules are those of https://cr.yp.to/proto/maildir.html: a unique name, written and synced in `tmp`, then moved to `new`;
besides, the folder is synced too, since without that the name is not on disk. Everything here blocks: it runs in a
thread. Knows no SMTP and no rules.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from qpsmtpd.stdlib.queue.shared_sync import SharedSync, sync_folder

FOLDER_MODE = 0o700
FILE_MODE = 0o600
STALE_AFTER = 36 * 3600.0
"""Seconds after which a file in `tmp` is left over from a crash (the Maildir specification's 36 hours)."""
SWEEP_EVERY = 3600.0

_count = itertools.count(1)


def unique_stem(now: float) -> str:
    """What no other delivery on this machine has: time, microseconds, process, count, randomness."""
    seconds, micros = divmod(int(now * 1_000_000), 1_000_000)
    return f"{seconds}.M{micros:06d}P{os.getpid()}Q{next(_count)}R{secrets.token_hex(6)}"


def host_part(hostname: str) -> str:
    """The machine's name as the end of a file name: what is no letter, digit, dot or hyphen is written as an octal escape."""
    safe = (c if c.isascii() and (c.isalnum() or c in ".-_") else f"\\{min(ord(c), 0o777):03o}" for c in hostname)
    return "".join(safe) or "localhost"


class MaildirFolder:
    """One Maildir. Safe for many threads at once, and beside other processes that deliver to it or read it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._new = SharedSync(f"{path}/new")
        self._swept = float("-inf")
        self._making = threading.Lock()
        self._whole = False

    def deliver(self, name: str, parts: Iterable[bytes], may_commit: Callable[[], bool]) -> bool:
        """Writes the parts as one message in `new`; True when it is there on stable storage.

        `may_commit` is asked once, when everything is written and synced: False leaves nothing behind, and False is
        returned. Raises OSError; then too nothing is left behind, as far as the disk lets us.
        """
        temporary, final = f"{self.path}/tmp/{name}", f"{self.path}/new/{name}"
        if not self._whole:
            self._make()
        descriptor = self._open(temporary)
        try:
            self._fill(descriptor, parts)
            if not may_commit():
                os.unlink(temporary)  # noqa: PTH108 - strings throughout: a Path costs more than the call
                return False
            self._move(temporary, final)
            self._new.sync()
        except BaseException:
            for leftover in (temporary, final):
                with contextlib.suppress(OSError):
                    os.unlink(leftover)  # noqa: PTH108
            raise
        return True

    def sweep_due(self, now: float) -> bool:
        """True at most once an hour: then `sweep` is to be called."""
        if now - self._swept < SWEEP_EVERY:
            return False
        self._swept = now
        return True

    def sweep(self, now: float) -> int:
        """Removes what crashes have left in `tmp`; returns how many files."""
        removed = 0
        for file in Path(self.path, "tmp").iterdir():
            # another process may be sweeping too, and what cannot be removed must not keep the rest
            with contextlib.suppress(OSError):
                if file.lstat().st_mtime < now - STALE_AFTER:
                    file.unlink()
                    removed += 1
        return removed

    def _open(self, temporary: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(temporary, flags, FILE_MODE)
        except FileNotFoundError:
            self._make()
            return os.open(temporary, flags, FILE_MODE)

    def _move(self, temporary: str, final: str) -> None:
        try:
            os.rename(temporary, final)  # noqa: PTH104
        except FileNotFoundError:
            self._make()
            os.rename(temporary, final)  # noqa: PTH104

    @staticmethod
    def _fill(descriptor: int, parts: Iterable[bytes]) -> None:
        with open(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(descriptor)

    def _make(self) -> None:
        """The folder and its three subfolders, as far as they are missing, each known to its parent on stable storage.

        Nobody delivers before that is done: a message in a folder whose own name a crash can take away is not safe.
        """
        with self._making:
            for folder in (Path(self.path), *(Path(self.path, name) for name in ("tmp", "new", "cur"))):
                _make_durably(folder)
            sync_folder(self.path)
            self._whole = True


def _make_durably(folder: Path) -> None:
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        _make_durably(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(FOLDER_MODE)
    sync_folder(str(folder.parent))
