"""The SQLite backend with the troubles that files have: locked, full, broken, shared, and its process killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from library_doubles import FixedClock
from meta.checkout import environment
from qpsmtpd.dsl.model.services import Entry
from qpsmtpd.dsl.model.values import Duration, LookupFailure
from qpsmtpd.runtime.service.lending import SystemClock
from qpsmtpd.runtime.state.own import OwnState
from qpsmtpd.runtime.state.sqlite import SqliteStore

HOUR = Duration(3600.0)
WRITER = """
import asyncio, resource, signal, sys
from pathlib import Path
from qpsmtpd.dsl.model.services import Entry
from qpsmtpd.dsl.model.values import LookupFailure
from qpsmtpd.runtime.service.lending import SystemClock
from qpsmtpd.runtime.state.own import OwnState
from qpsmtpd.runtime.state.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]), SystemClock())
state = OwnState(store, "f")
"""
ENDLESS = """
async def main():
    async def write(number):
        await state.put(str(number), Entry(b"x" * 300, 3600.0))
        print(number, flush=True)
    first = 0
    while True:
        await asyncio.gather(*map(write, range(first, first + 50)))
        first += 50
asyncio.run(main())
"""
COUNTING = """
async def main():
    for _ in range(20):
        await asyncio.gather(*(state.count("k", 3600.0) for _ in range(25)))
asyncio.run(main())
store.close()
"""
FILLING = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
async def main():
    await state.count("k", 3600.0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        for number in range(100):
            await state.put(str(number), Entry(b"x" * 10_000, 3600.0))
    except LookupFailure as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(await state.count("k", 3600.0))
asyncio.run(main())
"""


def writer(path: Path, what: str) -> subprocess.Popen[str]:
    """A process of its own that writes into the file."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER + what, str(path)], env=environment(), stdout=subprocess.PIPE, text=True, bufsize=1
    )


def whole(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "state.db", SystemClock())
    yield made
    made.close()


def locked(path: Path) -> sqlite3.Connection:
    """Another program that writes and does not come to an end."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


async def taken(store: SqliteStore) -> None:
    """The thread has what was asked for so far."""
    for _ in range(1_000_000):
        await asyncio.sleep(0)
        if not store._requests.qsize():
            return
    raise AssertionError("nobody takes them")


async def test_the_loop_goes_on_while_a_file_is_locked_and_the_answer_comes_when_it_is_free(tmp_path, store) -> None:
    state = OwnState(store, "f")
    await state.count("k", HOUR)
    other = locked(tmp_path / "state.db")
    waiting = asyncio.ensure_future(state.count("k", HOUR))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert not waiting.done()
    other.close()
    assert await waiting == 2


async def test_a_file_that_stays_locked_is_a_failed_lookup_and_works_again_later(tmp_path, store) -> None:
    state = OwnState(store, "f")
    await state.count("k", HOUR)
    other = locked(tmp_path / "state.db")
    with pytest.raises(LookupFailure, match="locked"):
        await state.count("k", HOUR)
    other.close()
    assert await state.count("k", HOUR) == 2


async def test_what_nobody_waits_for_any_more_is_not_done(tmp_path, store) -> None:
    state = OwnState(store, "f")
    await state.count("k", HOUR)
    other = locked(tmp_path / "state.db")
    first = asyncio.ensure_future(state.count("k", HOUR))
    await taken(store)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await state.count("k", HOUR, by=100)
    other.close()
    assert (await first, await state.count("k", HOUR)) == (2, 3)


async def test_more_requests_than_may_wait_fail_at_once(tmp_path, store, monkeypatch) -> None:
    monkeypatch.setattr("qpsmtpd.runtime.state.sqlite._WAITING", 3)
    state = OwnState(store, "f")
    await state.count("k", HOUR)
    other = locked(tmp_path / "state.db")
    first = asyncio.ensure_future(state.count("k", HOUR))
    await taken(store)
    more = [asyncio.ensure_future(state.count("k", HOUR)) for _ in range(4)]
    await asyncio.wait(more, return_when=asyncio.FIRST_EXCEPTION)
    other.close()
    done = await asyncio.gather(first, *more, return_exceptions=True)
    assert [isinstance(each, LookupFailure) for each in done] == [False, False, False, False, True]


async def test_a_broken_file_is_a_failed_lookup_until_it_is_mended(tmp_path, store) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is no database, it is a letter" * 100)
    for _ in range(2):
        with pytest.raises(LookupFailure, match="not a database"):
            await OwnState(store, "f").count("k", HOUR)
    path.unlink()
    assert await OwnState(store, "f").count("k", HOUR) == 1


async def test_a_database_of_something_else_is_left_alone(tmp_path, store) -> None:
    other = sqlite3.connect(tmp_path / "state.db")
    other.execute("CREATE TABLE entries (mine TEXT)")
    other.close()
    with pytest.raises(LookupFailure, match="something else"):
        await OwnState(store, "f").get("k")


async def test_a_file_of_a_later_version_is_left_alone(tmp_path, store) -> None:
    await OwnState(store, "f").count("k", HOUR)
    store.close()
    other = sqlite3.connect(tmp_path / "state.db")
    other.execute("PRAGMA user_version = 2")
    other.close()
    with pytest.raises(LookupFailure, match="version 2"):
        await OwnState(store, "f").get("k")


async def test_a_folder_that_is_missing_is_a_failed_lookup(tmp_path) -> None:
    store = SqliteStore(tmp_path / "nowhere" / "state.db", SystemClock())
    with pytest.raises(LookupFailure, match="unable to open"):
        await OwnState(store, "f").get("k")
    store.close()


def test_a_full_disk_is_a_failed_lookup_and_what_was_there_stays(tmp_path) -> None:
    process = writer(tmp_path / "state.db", FILLING)
    told, _ = process.communicate(timeout=60)
    failure, counted = told.splitlines()
    assert "state.db: " in failure
    assert counted == "2"
    assert whole(tmp_path / "state.db")


async def test_what_has_expired_leaves_the_file(tmp_path) -> None:
    clock = FixedClock()
    store = SqliteStore(tmp_path / "state.db", clock)
    state = OwnState(store, "f")
    await asyncio.gather(*(state.put(str(number), Entry(b"x", HOUR)) for number in range(3000)))
    clock.time += 4000
    for number in range(5):
        await state.put(f"new {number}", Entry(b"x", HOUR))
    store.close()
    connection = sqlite3.connect(tmp_path / "state.db")
    assert connection.execute("SELECT count(*) FROM entries").fetchone() == (5,)
    connection.close()


async def test_what_was_asked_for_before_the_end_is_done(tmp_path) -> None:
    store = SqliteStore(tmp_path / "state.db", SystemClock())
    counted = [asyncio.ensure_future(OwnState(store, "f").count("k", HOUR)) for _ in range(100)]
    await asyncio.sleep(0)
    store.close()
    assert await asyncio.gather(*counted) == list(range(1, 101))


async def test_a_reader_changes_nothing_and_sees_what_others_write(tmp_path, store) -> None:
    await OwnState(store, "f").count("k", HOUR)
    reader = SqliteStore(tmp_path / "state.db", SystemClock(), read_only=True)
    assert await OwnState(reader, "f").get("k") == b"1"
    await OwnState(store, "f").count("k", HOUR)
    assert await OwnState(reader, "f").get("k") == b"2"
    with pytest.raises(LookupFailure, match="readonly"):
        await OwnState(reader, "f").count("k", HOUR)
    reader.close()


@pytest.mark.parametrize("after", [1, 60, 700, 3000])
async def test_after_kill_9_the_file_is_whole_and_has_everything_that_was_acknowledged(tmp_path, store, after: int) -> None:
    process = writer(tmp_path / "state.db", ENDLESS)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    told += process.stdout.readlines()
    process.wait(60)
    acknowledged = [line.strip() for line in told if line.endswith("\n")]
    assert len(acknowledged) >= after
    state = OwnState(store, "f")
    found = await asyncio.gather(*(state.get(number) for number in acknowledged))
    assert found == [b"x" * 300] * len(acknowledged)
    assert whole(tmp_path / "state.db")


async def test_several_processes_count_exactly_in_one_file(tmp_path, store) -> None:
    processes = [writer(tmp_path / "state.db", COUNTING) for _ in range(4)]
    assert [process.wait(120) for process in processes] == [0] * 4
    assert await OwnState(store, "f").get("k") == b"2000"
