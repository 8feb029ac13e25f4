"""What the running service lends to rules and functions: one value, made once, handed to every session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from qpsmtpd.dsl.model.services import Clock, Envelope, Message, Resolver
from qpsmtpd.dsl.model.values import Delivery, Domain
from qpsmtpd.runtime.state.store import Store


class Journal(Protocol):
    """Takes structured records. Values may hold anything a peer sent: the journal alone is responsible for making them safe."""

    def record(self, event: str, level: str = "info", **fields: object) -> None: ...

    def recorder(self, event: str, level: str, *names: str) -> Callable[..., None]:
        """`record` for an event that comes often: called with the values in the order of `names`."""


class Quarantine(Protocol):
    """Where messages go that rules put aside."""

    async def keep(self, place: str, message: Message, envelope: Envelope) -> Delivery:
        """Puts the message into the quarantine of that name, the usual one when it is empty; delivered means: on stable storage.

        Raises OSError; nothing is left behind then.
        """


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Our names and folders; see `qpsmtpd.dsl.model.services.Site`."""

    hostname: Domain
    config_dir: str


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process; rules reach them as `s.services`."""

    resolver: Resolver
    clock: Clock
    site: SiteFacts
    journal: Journal
    spool: Path
    quarantine: Quarantine
    state: Store
    would_have: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often shadowed rules would have decided, by rule and verb."""
