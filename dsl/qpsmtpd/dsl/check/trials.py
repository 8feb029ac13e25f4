"""The typed model of a `test`: its steps, each checked and complete, with their values worked out.

Nothing here runs anything: the lab of the runtime does, and reads this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qpsmtpd.dsl.check.typed import Block, Expr
from qpsmtpd.dsl.model.functions import Function
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall answer a step: `-> VERB …`. A zero or an empty text means that nothing is said about it.

    `text` is a part of the reply's text; of `quarantine` it is the quarantine's name. `rule` is the label behind `by`.
    """

    span: Span
    verb: Verb
    code: int = 0
    enhanced: str = ""
    text: str = ""
    disconnect: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a test."""

    span: Span


@dataclass(frozen=True, slots=True)
class Given(Step):
    """From here on, calls of `function` with these arguments (by position) answer `value`, or fail."""

    function: Function
    arguments: tuple[tuple[int, Any], ...]
    value: Any = None
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Connect(Step):
    """A client connects; one that was there before is gone. `name` is what the DNS calls it, empty where nothing is said."""

    ip: str
    name: str
    listener: str
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class Command(Step):
    """The client says something: `name` is the step's, `words` are what stands behind it."""

    name: str
    words: tuple[str, ...]
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class Message(Step):
    """DATA with a message, its lines as they were written."""

    content: bytes
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class Wait(Step):
    """The clock goes on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Moment(Step):
    """It is now that time (seconds since 1970 UTC)."""

    time: float


@dataclass(frozen=True, slots=True)
class Expect(Step):
    """`value` must be true of what the rules knew last. `since` is the first hook that knows all it reads."""

    value: Expr
    since: str


@dataclass(frozen=True, slots=True)
class Fired(Step):
    """The rule with that label must have done something since the test began."""

    label: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A `test`. `alone` are the rules of each hook where it is a test of policies alone: nothing else runs then."""

    span: Span
    name: str
    steps: tuple[Step, ...]
    alone: Mapping[str, tuple[Block, ...]] | None = None
