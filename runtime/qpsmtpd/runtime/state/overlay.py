"""State that begins as what another one says, and is written elsewhere: for shadowed rules, and for `qpsmtpd trace`.

An entry that was changed is independent of the one below from then on, until it expires.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qpsmtpd.runtime.state.store import Change, Place, Store


@dataclass(frozen=True, slots=True)
class Overlay:
    """What `above` has, and for the rest what `below` has, which is never changed. See `qpsmtpd.runtime.state.store.Store`."""

    below: Store
    above: Store

    async def get(self, place: Place) -> bytes | None:
        value = await self.above.get(place)
        return await self.below.get(place) if value is None else value

    async def change(self, place: Place, change: Change) -> Any:
        beginning = await self.below.get(place)
        return await self.above.change(place, lambda value: change(beginning if value is None else value))


@dataclass(frozen=True, slots=True)
class _ShadowPart:
    """The part of a store that belongs to shadowed rules."""

    store: Store

    async def get(self, place: Place) -> bytes | None:
        return await self.store.get(place._replace(shadow=True))

    async def change(self, place: Place, change: Change) -> Any:
        return await self.store.change(place._replace(shadow=True), change)


def shadow_of(store: Store) -> Store:
    """The state of shadowed rules: it begins as the real one, and is kept beside it."""
    return Overlay(store, _ShadowPart(store))
