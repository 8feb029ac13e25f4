"""All that the rules of a hook ask, as one graph over subjects; and what can happen in it.

A `Model` is one case: a region for each subject. Whoever walks through rules makes subjects and literals here; whoever
proves something asks whether literals can be true together, and gets a case in which they are, or none.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.proof.graph import TRUE, Graph, Leaf, Lit
from qpsmtpd.dsl.proof.solver import Budget, Solver
from qpsmtpd.dsl.proof.subjects import IS_TRUE, Ask, Division, Form, Subject, divide


@dataclass(slots=True)
class World:
    """Subjects, the questions about them, and the graph above; `budget` is for all that is asked of it.

    `facts` are literals that are true in every case.
    """

    budget: Budget
    facts: list[Lit] = field(default_factory=list)
    graph: Graph = field(default_factory=Graph)
    subjects: list[Subject] = field(default_factory=list)
    _asked: list[dict[Ask, Lit]] = field(default_factory=list)
    _known: dict[Hashable, int] = field(default_factory=dict)
    _divisions: list[Division] | None = None
    _solver: Solver | None = None

    # --- what is asked

    def subject(
        self, key: Hashable, form: Form, members: tuple[str, ...] = (), *, low: float = -math.inf, high: float = math.inf
    ) -> int:
        """The number of a subject; one of that key is made once."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.subjects)
            self.subjects.append(Subject(key, form, members, low, high))
            self._asked.append({})
        return found

    def ask(self, subject: int, ask: Ask) -> Lit:
        """The literal of a question about a subject."""
        found = self._asked[subject].get(ask)
        if found is None:
            found = self._asked[subject][ask] = self.graph.leaf(subject, ask)
            self._divisions = self._solver = None
        return found

    def flag(self, key: Hashable) -> Lit:
        """The literal of something that is true or false, and of which nothing else is known."""
        return self.ask(self.subject(key, Form.FLAG), IS_TRUE)

    def number(self, key: Hashable) -> int | None:
        """The number of the subject with that key, when rules have asked about it."""
        return self._known.get(key)

    # --- what can happen

    @property
    def divisions(self) -> list[Division]:
        """The regions of each subject, by its number."""
        if self._divisions is None:
            self._divisions = [divide(subject, [*asked]) for subject, asked in zip(self.subjects, self._asked, strict=True)]
        return self._divisions

    @property
    def solver(self) -> Solver:
        """What answers; it knows what was asked by now."""
        if self._solver is None:
            self._solver = Solver(self.graph, self.divisions)
        return self._solver

    def possible(self, *literals: Lit) -> Model | None:
        """A case in which all of these are true; None when there is none. Raises Spent."""
        regions = self.solver.possible((*self.facts, *literals), self.budget)
        return None if regions is None else self.model(regions)

    def against(self, *literals: Lit) -> tuple[Lit, ...] | None:
        """Of literals that cannot be true together, some that cannot be so already; None when they can. Raises Spent."""
        found = self.solver.possible((*self.facts, *literals), self.budget)
        return tuple(each for each in self.solver.core if each in literals) if found is None else None

    def model(self, regions: Mapping[int, int]) -> Model:
        """The case in which these subjects have these regions, and all others their usual ones."""
        chosen = [division.usual for division in self.divisions]
        for subject, region in regions.items():
            chosen[subject] = region
        return Model(self, tuple(chosen), self._truths(chosen))

    def _truths(self, chosen: list[int]) -> bytearray:
        truths = bytearray(len(self.graph))
        truths[TRUE] = 1
        for number in range(TRUE + 1, len(self.graph)):
            node = self.graph.node(number)
            if isinstance(node, Leaf):
                mask = self.divisions[node.subject].masks[node.asks]
                truths[number] = mask >> chosen[node.subject] & 1
            else:
                one, other = node
                truths[number] = (truths[abs(one)] == (one > 0)) and (truths[abs(other)] == (other > 0))
        return truths


@dataclass(frozen=True, slots=True)
class Model:
    """One case: the region of each subject, and what is true in it."""

    world: World
    regions: tuple[int, ...]
    truths: bytearray

    def holds(self, literal: Lit) -> bool:
        """Whether the literal is true in this case."""
        return bool(self.truths[abs(literal)]) == (literal > 0)

    def example(self, key: Hashable) -> Any:
        """A value that the subject of that key has in this case; None when nothing is known of it."""
        number = self.world.number(key)
        return None if number is None else self.world.divisions[number].examples[self.regions[number]]
