"""Asks the system's user database (passwd, LDAP, whatever nsswitch.conf names) whether it knows a user.

Python's own `pwd` says the same of a user who is not there and of a database that could not be asked; the C library
tells them apart (getpwnam_r(3)), so it is asked itself. A directory on the network may take its time: it is asked in a
few threads of its own, so that others who wait have theirs.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_AT_ONCE = 4
_LARGEST = 1024 * 1024
_RECORD = 256
"""Octets that a `struct passwd` fits into on every system."""
_UNKNOWN = (errno.ENOENT, errno.ESRCH)

Ask = Callable[[bytes, int], tuple[int, bool]]
"""Looks a name up with so many octets of memory: the error number, and whether a record was found."""


async def is_user(name: str) -> bool:
    """True when the system has a user of that name. Raises OSError when that could not be found out."""
    import asyncio  # whoever only checks rules does without

    return await asyncio.get_running_loop().run_in_executor(_threads(), look_up, name.encode(), _getpwnam)


def look_up(name: bytes, ask: Ask) -> bool:
    """The answer for a name. Raises OSError."""
    if b"\0" in name or not name:
        return False
    size = 4096
    while True:
        error, found = ask(name, size)
        if error != errno.ERANGE or size > _LARGEST:
            break
        size *= 4
    if found:
        return True
    if error and error not in _UNKNOWN:
        raise OSError(error, f"the user database cannot be asked: {os.strerror(error)}")
    return False


@functools.cache
def _threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwd")


def _getpwnam(name: bytes, size: int) -> tuple[int, bool]:
    record, memory, found = ctypes.create_string_buffer(_RECORD), ctypes.create_string_buffer(size), ctypes.c_void_p()
    error = _library().getpwnam_r(name, record, memory, ctypes.c_size_t(size), ctypes.byref(found))
    return error, bool(found.value)


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)
