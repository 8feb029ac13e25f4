"""State in memory: for tests in the language, and for what `qpsmtpd trace` changes. It is lost with the process."""

from __future__ import annotations

from typing import Any

from qpsmtpd.dsl.model.services import Clock
from qpsmtpd.runtime.state.store import Change, Place


class MemoryStore:
    """See `qpsmtpd.runtime.state.store.Store`; expired entries stay until somebody asks for them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[Place, tuple[bytes, float]] = {}

    async def get(self, place: Place) -> bytes | None:
        value, expires = self._entries.get(place, (None, 0.0))
        if value is not None and expires <= self._clock.now():
            del self._entries[place]
            return None
        return value

    async def change(self, place: Place, change: Change) -> Any:
        entry, answer = change(await self.get(place))
        if entry is not None:
            self._entries[place] = (entry.value, self._clock.now() + entry.expires)
        return answer
