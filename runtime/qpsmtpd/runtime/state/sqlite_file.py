"""The file of the SQLite backend: how it is made, opened, read and written. Everything here blocks, and is used by one thread.

One table, ordered by place; a second index for what is to expire. In WAL mode a killed process leaves a whole file, in
which everything is that was committed; several processes may have it open. A loss of power may take the last seconds
with it, and leaves a whole file too.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from qpsmtpd.runtime.state.store import Place

PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
_APPLICATION = 0x71736D74
_VERSION = 1
_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entries (
    function TEXT NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL, shadow INTEGER NOT NULL, value BLOB NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (function, name, key, shadow)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiring ON entries (expires);
PRAGMA application_id = {application};
PRAGMA user_version = {version};
COMMIT;
"""
_GET = "SELECT value FROM entries WHERE function = ? AND name = ? AND key = ? AND shadow = ? AND expires > ?"
_PUT = (
    "INSERT INTO entries (function, name, key, shadow, value, expires) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires"
)
_OLDEST = "SELECT function, name, key, shadow FROM entries WHERE expires <= ? ORDER BY expires LIMIT ?"
_REMOVE = "DELETE FROM entries WHERE function = ? AND name = ? AND key = ? AND shadow = ?"


class StateFile:
    """An open file. Each call raises sqlite3.Error when it cannot do what it should."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Opens the file, and makes it where it is missing. Raises sqlite3.Error."""
        mode = "ro" if read_only else "rwc"
        address = f"{path.absolute().as_uri()}?mode={mode}"
        self._connection = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)
        try:
            self._prepare(read_only)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, read_only: bool) -> None:
        application, version = self._number("application_id"), self._number("user_version")
        empty = not self._number("schema_version")
        if not empty and application != _APPLICATION:
            raise sqlite3.DatabaseError("it is a database of something else")
        if not empty and version != _VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}, and this qpsmtpd knows version {_VERSION}")
        if not read_only:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
        if empty and not read_only:
            self._connection.executescript(_TABLES.format(application=_APPLICATION, version=_VERSION))

    def _number(self, pragma: str) -> int:
        return int(self._connection.execute(f"PRAGMA {pragma}").fetchone()[0])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """What is read and written inside happens at once, or not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def get(self, place: Place, now: float) -> bytes | None:
        """The value at a place, unless it has expired."""
        row = self._connection.execute(_GET, (*place, now)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, place: Place, value: bytes, expires: float) -> None:
        """Puts a value there until that time."""
        self._connection.execute(_PUT, (*place, value, expires))

    def remove_expired(self, now: float, most: int) -> int:
        """Removes what has expired longest ago. Returns how many entries."""
        oldest = self._connection.execute(_OLDEST, (now, most)).fetchall()
        self._connection.executemany(_REMOVE, oldest)
        return len(oldest)

    def close(self) -> None:
        self._connection.close()
