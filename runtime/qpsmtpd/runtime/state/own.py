"""What one function sees of a store: its own entries. See `qpsmtpd.dsl.model.services.State`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qpsmtpd.dsl.model.services import Entry
from qpsmtpd.dsl.model.values import Duration
from qpsmtpd.runtime.state.overlay import shadow_of
from qpsmtpd.runtime.state.store import Store, place

_T = TypeVar("_T")


class OwnState:
    """The state of the function of that name, or what it remembers when shadowed rules call it."""

    __slots__ = ("_function", "_store")

    def __init__(self, store: Store, function: str, *, shadow: bool = False) -> None:
        self._store = shadow_of(store) if shadow else store
        self._function = function

    async def get(self, key: str, *, name: str = "") -> bytes | None:
        """See `State`."""
        return await self._store.get(place(self._function, name, key))

    async def put(self, key: str, entry: Entry, *, name: str = "") -> None:
        """See `State`."""
        await self.change(key, lambda _: (entry, None), name=name)

    async def count(self, key: str, expires: Duration, *, by: int = 1, name: str = "") -> int:
        """See `State`."""

        def added(value: bytes | None) -> tuple[Entry, int]:
            total = int(value or b"0") + by
            return Entry(b"%d" % total, expires), total

        return await self.change(key, added, name=name)

    async def change(self, key: str, change: Callable[[bytes | None], tuple[Entry | None, _T]], *, name: str = "") -> _T:
        """See `State`."""

        def lasting(value: bytes | None) -> tuple[Entry | None, _T]:
            entry, answer = change(value)
            if entry is not None and not entry.expires > 0:
                raise ValueError(f"{self._function}: an entry must expire some time from now, not in {entry.expires} s")
            return entry, answer

        answer: _T = await self._store.change(place(self._function, name, key), lasting)
        return answer
