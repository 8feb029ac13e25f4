"""The graph of `and` and `not` in which a hook's conditions and paths become literals, each thing said once.

A literal is a number: a node of the graph, or with a minus its opposite. A leaf asks one thing of one subject; what
that is, this file does not know. Equal questions are one node, and what follows from the form alone is worked out at
once, so that two literals that are equal mean the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

Lit = int
TRUE: Lit = 1
FALSE: Lit = -1


@dataclass(frozen=True, slots=True)
class Leaf:
    """A question about a subject: `asks` is what the subject's kind makes of it."""

    subject: int
    asks: tuple[str, Hashable]


Node = tuple[Lit, Lit] | Leaf
"""Both literals hold; or a leaf."""


class Graph:
    """Nodes in the order in which they were made: what a node is made of stands before it."""

    def __init__(self) -> None:
        self._nodes: list[Node] = [(TRUE, TRUE), (TRUE, TRUE)]
        self._known: dict[Node, Lit] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def node(self, number: int) -> Node:
        """What a node is; the first two are no questions."""
        return self._nodes[number]

    def leaf(self, subject: int, asks: tuple[str, Hashable]) -> Lit:
        """The literal of a question."""
        return self._made(Leaf(subject, asks))

    def both(self, one: Lit, other: Lit) -> Lit:
        """`one and other`."""
        a, b = (one, other) if abs(one) <= abs(other) else (other, one)
        if a in (b, TRUE):
            return b
        if a in (FALSE, -b):
            return FALSE
        return self._absorbed(a, b)

    def either(self, one: Lit, other: Lit) -> Lit:
        """`one or other`."""
        return -self.both(-one, -other)

    def every(self, literals: Iterable[Lit]) -> Lit:
        """All of them."""
        found = TRUE
        for literal in literals:
            found = self.both(found, literal)
        return found

    def some(self, literals: Iterable[Lit]) -> Lit:
        """At least one of them."""
        return -self.every(-literal for literal in literals)

    def cone(self, literals: Iterable[Lit], seen: set[int]) -> Iterator[int]:
        """Every node that these are made of and `seen` lacks; adds them to it."""
        waiting = [abs(literal) for literal in literals]
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            yield number
            node = self._nodes[number]
            if not isinstance(node, Leaf) and number > TRUE:
                waiting += (abs(node[0]), abs(node[1]))

    def _absorbed(self, a: Lit, b: Lit) -> Lit:
        """`a and b`, where one of them may say something about the other already."""
        for one, other in ((a, b), (b, a)):
            node = self._nodes[abs(other)]
            if isinstance(node, Leaf):
                continue
            if other > 0 and one in node:
                return other
            if other > 0 and -one in node:
                return FALSE
            if other < 0 and -one in node:
                return one
            if other < 0 and one in node:
                return self.both(one, -(node[0] if node[1] == one else node[1]))
        return self._made((a, b))

    def _made(self, node: Node) -> Lit:
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = len(self._nodes)
            self._nodes.append(node)
        return found
