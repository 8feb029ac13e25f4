"""Which of many ways can be gone, looked for in all of them at once: mostly none can, and that is one question to the solver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from qpsmtpd.dsl.proof.graph import Lit
from qpsmtpd.dsl.proof.world import Model, World

TOLD = 10
"""Faults of a kind that are told; when these are mended, the next ones are."""

Way = TypeVar("Way")


def cases(world: World, ways: Sequence[Way], when: Callable[[Way], Lit], also: Sequence[Lit]) -> Iterator[tuple[Way, Model]]:
    """The first ways found on which the literal `when` can be true together with all of `also`, each with a case. Raises Spent."""
    left = [(way, when(way)) for way in ways]
    for _ in range(min(TOLD, len(left))):
        model = world.possible(world.graph.some(literal for _, literal in left), *also)
        if model is None:
            return
        at = next(at for at, (_, literal) in enumerate(left) if model.holds(literal))
        way, _ = left.pop(at)
        yield way, model
