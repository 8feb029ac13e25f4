"""The folders that the service owns: made private, refused when somebody else could have a hand in them, used by one process.

Whoever can write into the spool or put a link in its place could have mail written elsewhere or read it; so such a
folder stops the start instead of being mended in silence.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from pathlib import Path

from qpsmtpd.runtime.service.cannot import Cannot

_LEFTOVERS = ".receiving-*"
"""The names under which smtp/spool.py makes its files."""


def private_folder(path: Path, role: str) -> Path:
    """The folder, made with mode 0700 where it is missing. `role` names it in messages. Raises Cannot."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise Cannot(f"{role} {path} cannot be made: {os.strerror(error.errno or 0)}") from error
    if stat.S_ISLNK(found.st_mode):
        raise Cannot(f"{role} {path} is a symbolic link; name the folder itself")
    if found.st_uid != os.geteuid():
        raise Cannot(f"{role} {path} belongs to user {found.st_uid}, the service runs as {os.geteuid()}")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Cannot(f"{role} {path} may be written by others; say: chmod go-w {path}")
    return path


class Lock:
    """This process's hold on a folder, for as long as it lives; the kernel ends it, even after kill -9."""

    def __init__(self, path: Path, role: str) -> None:
        """Takes the lock and writes the process id into `path`. Raises Cannot when another process has it."""
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        except OSError as error:
            raise Cannot(f"{path} cannot be opened: {os.strerror(error.errno or 0)}") from error
        try:
            self._take(path, role)
        except OSError as error:
            os.close(self._fd)
            raise Cannot(f"{path} cannot be written: {os.strerror(error.errno or 0)}") from error
        except Cannot:
            os.close(self._fd)
            raise

    def _take(self, path: Path, role: str) -> None:
        found = os.fstat(self._fd)
        # the content of a file that has another name too would be lost to whoever gave it that name
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise Cannot(f"{path} is not a file of our own; remove it")
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._fd, 20).decode("latin-1").strip() or "unknown"
            raise Cannot(f"another qpsmtpd (process {pid}) already uses the {role} {path.parent}") from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Gives the folder up; the file stays, empty, so that nobody can lock one that is about to vanish."""
        os.ftruncate(self._fd, 0)
        os.close(self._fd)


def remove_leftovers(spool: Path) -> int:
    """Removes what a killed predecessor was still receiving; nobody was promised that mail. Returns how many files."""
    removed = 0
    for leftover in spool.glob(_LEFTOVERS):
        with contextlib.suppress(OSError):
            leftover.unlink()
            removed += 1
    return removed
