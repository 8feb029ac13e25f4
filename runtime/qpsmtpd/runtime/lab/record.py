"""What happened in a session of the lab, in order: what was said, which rules ran, what they read, what they decided.

The one list from which failure reports, coverage and traces are made. Knows no form of any of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.model.functions import Function
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.smtp.session import Session


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the dialogue: of the client (`C`), of the server (`S`), or a remark of ours (empty)."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Entered:
    """The rules of a hook begin; `facts` are what rules can set, as it was set before."""

    hook: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Left:
    """The rules of a hook have ended; `verdict` is None when no rule decided."""

    hook: str
    verdict: Verdict | None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reached:
    """A statement is reached: the number of its mark."""

    number: int


@dataclass(frozen=True, slots=True)
class Saw:
    """A value is read: the number of its mark, and the value."""

    number: int
    value: Any


@dataclass(frozen=True, slots=True)
class Called:
    """A function was called: its arguments by position, and its answer or what it raised; `seconds` of real time.

    `executed` is false where nothing was done but to note that it would have been.
    """

    function: Function
    arguments: tuple[Any, ...]
    value: Any = None
    error: Exception | None = None
    seconds: float = 0.0
    executed: bool = True


@dataclass(frozen=True, slots=True)
class Noted:
    """A record of the journal."""

    event: str
    level: str
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class PutAside:
    """A message would have gone into a quarantine."""

    place: str


Event = Said | Entered | Left | Reached | Saw | Called | Noted | PutAside


@dataclass(slots=True)
class Record:
    """The events so far. It is a session's journal, too."""

    events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        self.events.append(event)

    def record(self, event: str, level: str = "info", **fields: object) -> None:
        """See `qpsmtpd.runtime.engine.services.Journal`."""
        self.events.append(Noted(event, level, fields))

    def recorder(self, event: str, level: str, *names: str) -> Callable[..., None]:
        """See `qpsmtpd.runtime.engine.services.Journal`."""
        return lambda *values: self.record(event, level, **dict(zip(names, values, strict=True)))


class WatchedSession(Session):
    """A session whose rules tell what they do; see `qpsmtpd.dsl.plan.traced`. Other than its base it can have any attribute."""

    record: Record

    def saw(self, number: int, value: Any) -> Any:
        self.record.add(Saw(number, value))
        return value

    def reached(self, number: int) -> None:
        self.record.add(Reached(number))


def timer() -> Callable[[], float]:
    """Real seconds since now."""
    start = time.perf_counter()
    return lambda: time.perf_counter() - start
