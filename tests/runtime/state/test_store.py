"""What every backend of state promises: each test runs against each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from library_doubles import FixedClock
from qpsmtpd.dsl.model.services import Entry
from qpsmtpd.dsl.model.values import Duration
from qpsmtpd.runtime.state.memory import MemoryStore
from qpsmtpd.runtime.state.overlay import Overlay
from qpsmtpd.runtime.state.own import OwnState
from qpsmtpd.runtime.state.sqlite import SqliteStore
from qpsmtpd.runtime.state.store import Store

CLOCK = FixedClock()
HOUR = Duration(3600.0)
KEYS = ["", "ann", "Ann", "192.0.2.1", "a\0b", "a\nb", "\udcff", "ünï", "x" * 201, "x" * 202, "y" * 100_000, "' OR 1=1 --"]


@pytest.fixture(params=["memory", "sqlite", "overlay of both"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    CLOCK.time = 1_700_000_000.0
    if request.param == "memory":
        yield MemoryStore(CLOCK)
        return
    file = SqliteStore(tmp_path / "state.db", CLOCK)
    yield file if request.param == "sqlite" else Overlay(MemoryStore(CLOCK), file)
    file.close()


async def test_what_was_put_is_there_until_it_expires(store: Store) -> None:
    state = OwnState(store, "f")
    assert await state.get("k") is None
    await state.put("k", Entry(b"\0one", HOUR))
    assert await state.get("k") == b"\0one"
    await state.put("k", Entry(b"two", HOUR))
    CLOCK.time += 3599
    assert await state.get("k") == b"two"
    CLOCK.time += 1
    assert await state.get("k") is None


async def test_functions_names_and_keys_are_apart_whatever_is_in_them(store: Store) -> None:
    for number, key in enumerate(KEYS):
        for function in ("f", "g"):
            for name in ("", "other"):
                await OwnState(store, function).put(key, Entry(f"{number}{function}{name}".encode(), HOUR), name=name)
    for number, key in enumerate(KEYS):
        for function in ("f", "g"):
            for name in ("", "other"):
                assert await OwnState(store, function).get(key, name=name) == f"{number}{function}{name}".encode()


async def test_a_counter_counts_each_call_and_is_forgotten_some_time_after_the_last_one(store: Store) -> None:
    state = OwnState(store, "f")
    assert [await state.count("k", HOUR), await state.count("k", HOUR, by=5), await state.count("k", HOUR, by=-2)] == [1, 6, 4]
    CLOCK.time += 3599
    assert await state.count("k", HOUR) == 5
    CLOCK.time += 3600
    assert await state.count("k", HOUR) == 1


async def test_nobody_comes_between_reading_and_writing(store: Store) -> None:
    state = OwnState(store, "f")
    counted = await asyncio.gather(*(state.count("k", HOUR) for _ in range(1500)))
    assert sorted(counted) == list(range(1, 1501))


async def test_a_change_that_keeps_nothing_leaves_the_entry_and_its_end(store: Store) -> None:
    state = OwnState(store, "f")
    await state.put("k", Entry(b"one", HOUR))
    CLOCK.time += 1800
    assert await state.change("k", lambda value: (None, value)) == b"one"
    CLOCK.time += 1799
    assert await state.get("k") == b"one"
    CLOCK.time += 1
    assert await state.get("k") is None


async def test_what_a_change_raises_is_raised_and_changes_nothing_and_nobody_else_notices(store: Store) -> None:
    state = OwnState(store, "f")
    await state.put("k", Entry(b"one", HOUR))

    def broken(_: bytes | None) -> tuple[Entry | None, None]:
        raise ZeroDivisionError("mine")

    failed, counted = await asyncio.gather(state.change("k", broken), state.count("n", HOUR), return_exceptions=True)
    assert isinstance(failed, ZeroDivisionError)
    assert (counted, await state.get("k")) == (1, b"one")


@pytest.mark.parametrize("length", [0.0, -1.0, float("nan")])
async def test_nothing_is_kept_that_does_not_expire_some_time_from_now(store: Store, length: float) -> None:
    with pytest.raises(ValueError, match="must expire"):
        await OwnState(store, "f").put("k", Entry(b"one", Duration(length)))
    assert await OwnState(store, "f").get("k") is None


async def test_shadowed_rules_find_what_is_and_what_they_change_is_theirs_alone(store: Store) -> None:
    real, shadow = OwnState(store, "f"), OwnState(store, "f", shadow=True)
    await real.count("k", HOUR, by=10)
    assert await shadow.get("k") == b"10"
    assert await shadow.count("k", HOUR) == 11
    assert (await real.get("k"), await shadow.get("k")) == (b"10", b"11")
    await real.count("k", HOUR, by=10)
    assert await shadow.count("k", HOUR) == 12
    assert await shadow.count("new", HOUR) == 1
    assert await real.get("new") is None
    CLOCK.time += 3600
    assert await shadow.get("k") is None
