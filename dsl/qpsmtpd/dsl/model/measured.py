"""A rate that was measured, not written: it answers for whatever time it is compared over."""

from __future__ import annotations

from dataclasses import dataclass

from qpsmtpd.dsl.model.values import Rate, Time


@dataclass(frozen=True, slots=True, eq=False)
class Measured(Rate):
    """How often something has happened: with `300/1h` it compares by the last hour, with `10/1m` by the last minute.

    `moments` are the times at which it happened, oldest first, each with how often. `count` and `seconds` are all of them
    and the time for which they are remembered: what stands in a log, and what two measured rates are compared by.
    """

    moments: tuple[tuple[float, int], ...] = ()
    now: Time = Time(0.0)  # noqa: RUF009 - a name for a float

    def within(self, seconds: float) -> int:
        """How often it happened less than so many seconds ago."""
        since = self.now - seconds
        return sum(count for moment, count in self.moments if moment > since)

    def __lt__(self, other: Rate) -> bool:
        return Rate.__lt__(self, other) if isinstance(other, Measured) else self.within(other.seconds) < other.count

    def __le__(self, other: Rate) -> bool:
        return Rate.__le__(self, other) if isinstance(other, Measured) else self.within(other.seconds) <= other.count

    def __gt__(self, other: Rate) -> bool:
        return not self <= other

    def __ge__(self, other: Rate) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Measured):
            return (self.count, self.seconds) == (other.count, other.seconds)
        return isinstance(other, Rate) and self.within(other.seconds) == other.count

    def __hash__(self) -> int:
        return hash((self.count, self.seconds))
