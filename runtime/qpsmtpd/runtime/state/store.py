"""Where state is kept: the one interface that every backend has.

A store keeps octets by place until they expire, and changes them in one step. It knows nothing of what they mean, nor of
rules: functions reach it through `own.py`. A backend that gives no answer raises LookupFailure, and never waits for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from qpsmtpd.dsl.model.services import Entry

_LONGEST_KEY = 200
"""Octets; of a longer key its digest is kept: peers choose keys, and not how much is kept of them."""

Change = Callable[[bytes | None], tuple[Entry | None, Any]]
"""What becomes of a value: the entry to keep instead (None: as it is), and an answer."""


class Place(NamedTuple):
    """Where an entry is."""

    function: str
    name: str
    key: bytes
    shadow: bool = False
    """It belongs to what shadowed rules remember."""


def place(function: str, name: str, key: str) -> Place:
    """The place of a function's entry, whatever a peer has put into its key."""
    octets = key.encode("utf-8", "surrogatepass")
    if len(octets) > _LONGEST_KEY:
        octets = b"\0" + hashlib.sha256(octets).digest()
    return Place(function, name, octets)


class Store(Protocol):
    """Entries that outlive a connection. Each call raises LookupFailure when there is no answer."""

    async def get(self, place: Place) -> bytes | None:
        """The value at a place; None when there is none, or no longer."""

    async def change(self, place: Place, change: Change) -> Any:
        """Keeps what `change` makes of the value, with nobody between reading and writing; returns its answer once it is kept.

        `change` may run in another thread, and more than once. What it raises is raised, and nothing is changed.
        """
