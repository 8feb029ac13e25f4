"""Keeps answers for as long as they hold, in bounded memory: the longest unused one goes first.

Knows no network; time comes from outside.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from qpsmtpd.dsl.model.values import Answer

SHORTEST, LONGEST, LONGEST_NEGATIVE = 5.0, 3600.0, 300.0
"""Seconds that an answer is kept, whatever its zone says; one that says there is nothing for less (RFC 2308)."""
LARGEST = 4096
"""Characters of an answer that is kept; larger ones are rare, and would let a stranger fill the memory."""

Key = tuple[str, str]


class AnswerCache:
    """Answers by name and type."""

    def __init__(self, clock: Callable[[], float], size: int = 20_000) -> None:
        self._clock = clock
        self._size = size
        self._kept: OrderedDict[Key, tuple[float, Answer]] = OrderedDict()

    def get(self, key: Key) -> Answer | None:
        """The answer, None when there is none that still holds."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        until, answer = kept
        if self._clock() >= until:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return answer

    def put(self, key: Key, answer: Answer) -> None:
        """Keeps an answer for its time to live, within the bounds above."""
        if sum(map(len, answer.records)) > LARGEST:
            return
        most = LONGEST if answer.records else LONGEST_NEGATIVE
        self._kept[key] = (self._clock() + min(max(answer.ttl, SHORTEST), most), answer)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
