"""How large and how small the score can be: sums with their parts.

What a rule adds without a name it adds each time it runs; what it adds under a name counts once for a message. Of
branches that exclude each other the larger one is taken, where the hook runs once for a message; what may run more
often, or adds an amount that is not known when the rules load, has no bound but that of its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qpsmtpd.dsl.syntax.tree import Span

CODE = "s.score"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that adds to the score, with the most that it can add."""

    amount: float
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Sum:
    """The bounds of the score at some point, and what the upper one is made of.

    `names` holds what counts once wherever it is added: its least and its most, both on this or that side of zero.
    """

    low: float = 0.0
    high: float = 0.0
    names: Mapping[str, tuple[float, Part]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    @property
    def least(self) -> float:
        return round(self.low + sum(low for low, _ in self.names.values()), 2)

    @property
    def most(self) -> float:
        return round(self.high + sum(part.amount for _, part in self.names.values()), 2)

    @property
    def made_of(self) -> tuple[Part, ...]:
        """Everything that adds to the largest sum, largest first."""
        found = (*self.parts, *(part for _, part in self.names.values()))
        return tuple(sorted((p for p in found if p.amount > 0), key=lambda p: (-p.amount, p.span.file, p.span.line)))

    def plus(self, low: float, part: Part) -> Sum:
        """The sum with something added, between `low` and the part's amount."""
        grown = (*self.parts, part) if part.amount > 0 else self.parts
        return replace(self, low=self.low + _floor(low), high=self.high + _ceiling(part.amount), parts=grown)

    def once(self, low: float, part: Part) -> Sum:
        """The sum with something added that counts once under the part's name, and may have counted before."""
        before = self.names.get(part.name)
        least, most = min(0.0, _floor(low)), replace(part, amount=max(0.0, _ceiling(part.amount)))
        if before is not None:
            least = min(least, before[0])
            most = most if most.amount > before[1].amount else before[1]
        return replace(self, names={**self.names, part.name: (least, most)})

    def or_(self, other: Sum) -> Sum:
        """What holds when either sum may be the one."""
        if self == other:
            return self
        names = dict(self.names)
        for name, (low, part) in other.names.items():
            before = names.get(name, (low, part))
            names[name] = min(low, before[0]), max(part, before[1], key=lambda p: p.amount)
        larger = self if self.high >= other.high else other
        return Sum(min(self.low, other.low), max(self.high, other.high), names, larger.parts)


UNBOUNDED = Sum(-math.inf, math.inf)


def _ceiling(amount: float) -> float:
    """Scores are rounded to two decimals when they are added: no more than this comes of it."""
    return math.ceil(round(amount * 100, 6)) / 100 if math.isfinite(amount) else amount


def _floor(amount: float) -> float:
    return -_ceiling(-amount)
