"""Decides which known word somebody meant who wrote an unknown one.

Distance counts a letter too many, too few, wrong, or swapped with its neighbour as one slip each; a word of n letters
may have n // 3 slips, a short one a single slip. Knows nothing of what the words mean.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

SURE_LENGTH = 4
"""Letters from which on a slip leaves a word recognisable."""


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to the word, None when all are too far or the word is one of them.

    Of candidates equally near the first in alphabetical order is taken, so that answers do not vary from run to run.
    """
    return _nearest(word, frozenset(candidates))


@functools.lru_cache(1024)
def _nearest(word: str, candidates: frozenset[str]) -> str | None:
    """The same; what is misspelt in a `define` is misspelt wherever it is put in place."""
    folded = word.lower()
    best: tuple[int, str] | None = None
    for candidate in sorted(candidates):
        if candidate == word:
            return None
        slips = _slips(folded, candidate)
        if slips is not None and (best is None or slips < best[0]):
            best = (slips, candidate)
    return best[1] if best else None


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """`did you mean `x`?`, or an empty text when nothing is near."""
    near = did_you_mean(word, candidates)
    return f"did you mean `{near}`?" if near else ""


def unmistakable(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a misspelt word surely is: one slip away, with no other near; short words are never sure."""
    folded = word.lower()
    near = [c for c in set(candidates) if _slips(folded, c) is not None]
    if len(near) != 1 or word == near[0] or max(len(word), len(near[0])) < SURE_LENGTH:
        return None
    return near[0] if distance(folded, near[0].lower()) <= 1 else None


def distance(one: str, other: str) -> int:
    """Slips between two words: optimal string alignment (each pair of neighbours is swapped at most once)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _slips(word: str, candidate: str) -> int | None:
    """The distance of the candidate; None when it is too far to be meant, which is mostly seen without counting."""
    limit = _tolerance(word, candidate)
    folded = candidate.lower()
    # a letter that the candidate does not have is a slip of its own
    if abs(len(folded) - len(word)) > limit or len({*word}.difference(folded)) > limit:
        return None
    slips = distance(word, folded)
    return slips if slips <= limit else None


def _tolerance(word: str, candidate: str) -> int:
    letters = min(len(word), len(candidate))
    return max(letters // 3, 1) if letters > 1 else 0
