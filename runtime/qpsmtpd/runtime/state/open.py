"""Which store the settings of a service mean, and how it is opened."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from qpsmtpd.dsl.model.program import Program
from qpsmtpd.dsl.model.services import KEPT, Clock
from qpsmtpd.dsl.model.settings import state_path
from qpsmtpd.runtime.state.memory import MemoryStore
from qpsmtpd.runtime.state.overlay import Overlay
from qpsmtpd.runtime.state.sqlite import SqliteStore
from qpsmtpd.runtime.state.sqlite_file import StateFile
from qpsmtpd.runtime.state.store import Store

_NAME = "state.db"


def state_file(program: Program) -> Path:
    """Where the state of a service is kept that runs this program."""
    server = program.server
    return Path(state_path(server.state)) if server.state else Path(program.folder, server.state_dir, _NAME)


def wants_state(program: Program) -> bool:
    """True when the rules call a function that remembers something."""
    return bool(program.services & KEPT)


def trouble(path: Path) -> str:
    """Why the file can never be used as it is, or an empty text; it is made where it is missing."""
    try:
        StateFile(path).close()
    except sqlite3.Error as error:
        locked = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
        return "" if locked else str(error)
    return ""


@contextlib.contextmanager
def untouched(path: Path, clock: Clock) -> Iterator[Store]:
    """What that file says, and what becomes of it for as long as this lasts: the file itself stays as it is."""
    above = MemoryStore(clock)
    if not path.exists():
        yield above
        return
    below = SqliteStore(path, clock, read_only=True)
    try:
        yield Overlay(below, above)
    finally:
        below.close()
