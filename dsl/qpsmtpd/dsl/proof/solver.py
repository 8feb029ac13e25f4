"""Decides whether literals of a graph can be true together, exactly: by propagation, decisions, and learning from conflicts.

Each subject has one region of its division; a leaf says in which regions it may be, and a subject that is left without
one is a conflict. The work is counted in steps, never in seconds, so that the same rules give the same answer on
every machine; when the steps are spent, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Graph, Leaf, Lit
from qpsmtpd.dsl.proof.subjects import Division


class Spent(Exception):
    """The steps are used up, and the question is still open."""


@dataclass(slots=True)
class Budget:
    """Steps that are left; a step is a literal that gets its value, or the like."""

    steps: int

    def take(self, steps: int) -> None:
        """Uses steps up. Raises Spent when there are none left."""
        self.steps -= steps
        if self.steps < 0:
            raise Spent


_FEW = 64
"""Questions about a subject that are all looked at whenever one more is answered."""

Clause = list[Lit]


@dataclass(slots=True)
class _Asked:
    """What is known of a subject: the regions it may still be in, and the leaves that say so, oldest first."""

    left: int
    leaves: list[Lit] = field(default_factory=list)
    said: list[Lit] = field(default_factory=list)


class Solver:
    """The clauses of a graph, as far as they were needed by now, and what has been learned from them."""

    def __init__(self, graph: Graph, divisions: Sequence[Division]) -> None:
        self._graph, self._divisions = graph, divisions
        self._loaded: set[int] = set()
        self._value: list[int] = []
        """By literal: 1 for true, -1 for false, 0 while it is open."""
        self._level: list[int] = []
        self._reason: list[Clause | None] = []
        self._likely: list[bool] = []
        self._activity: list[int] = []
        self._mask: list[int] = []
        self._watching: dict[Lit, list[Clause]] = {}
        self._subjects = [_Asked(division.everything) for division in divisions]
        self._trail: list[Lit] = []
        self._undo: list[tuple[int, int]] = []
        self._levels: list[tuple[int, int]] = []
        self._next = 0
        self.core: tuple[Lit, ...] = ()
        """After a `no`: those of the wanted literals that cannot be true together."""

    # --- asking

    def possible(self, wanted: Sequence[Lit], budget: Budget) -> dict[int, int] | None:
        """A region for each subject that matters, with which all these literals are true; None when there is none. Raises Spent."""
        if FALSE in wanted:
            self.core = (FALSE,)
            return None
        wanted = [literal for literal in dict.fromkeys(wanted) if literal != TRUE]
        self._back(0)
        self._grow()
        leaves = self._load(wanted, budget)
        leaves.sort(key=lambda leaf: (-self._activity[leaf], leaf))
        try:
            return self._regions(leaves) if self._search(wanted, leaves, budget) else None
        finally:
            self._back(0)

    def _regions(self, leaves: Iterable[int]) -> dict[int, int]:
        found = {}
        for leaf in leaves:
            node = self._graph.node(leaf)
            if isinstance(node, Leaf) and node.subject not in found:
                left, usual = self._subjects[node.subject].left, self._divisions[node.subject].usual
                found[node.subject] = usual if left >> usual & 1 else (left & -left).bit_length() - 1
        return found

    def _search(self, wanted: Sequence[Lit], leaves: list[int], budget: Budget) -> bool:
        at = 0
        while True:
            conflict = self._propagate(budget)
            if conflict is not None:
                if not any(self._level[abs(literal)] for literal in conflict):
                    self.core = ()
                    return False
                self._learn(conflict, budget)
                at = 0
                continue
            depth = len(self._levels)
            if depth < len(wanted):
                literal = wanted[depth]
                if self._value[literal] < 0:
                    self.core = self._blamed(literal, wanted)
                    return False
            else:
                while at < len(leaves) and self._value[leaves[at]]:
                    at += 1
                if at == len(leaves):
                    return True
                literal = leaves[at] if self._likely[leaves[at]] else -leaves[at]
            self._levels.append((len(self._trail), len(self._undo)))
            if not self._value[literal]:
                self._set(literal, None)

    # --- the clauses of a graph

    def _grow(self) -> None:
        """Makes room for nodes that have come since; what is settled stays so."""
        size = len(self._graph)
        more = size - len(self._level)
        if more:
            for column in (self._level, self._activity, self._mask):
                column += [0] * more
            self._reason += [None] * more
            self._likely += [False] * more
            self._value = [0] * (2 * size)  # a negative literal counts from the end
            self._value[TRUE], self._value[FALSE] = 1, -1
            for literal in self._trail:
                self._value[literal], self._value[-literal] = 1, -1

    def _load(self, wanted: Iterable[Lit], budget: Budget) -> list[int]:
        """Adds the clauses of everything below these literals that was not there yet; returns all leaves below them."""
        leaves = []
        for number in self._graph.cone(wanted, set()):
            budget.take(1)
            node = self._graph.node(number)
            if isinstance(node, Leaf):
                leaves.append(number)
            if number in self._loaded:
                continue
            self._loaded.add(number)
            if isinstance(node, Leaf):
                division = self._divisions[node.subject]
                self._mask[number] = division.masks[node.asks]
                self._likely[number] = bool(self._mask[number] >> division.usual & 1)
                self._subjects[node.subject].leaves.append(number)
                self._settle(number)
            elif number > TRUE:
                one, other = node
                for clause in ([-number, one], [-number, other], [number, -one, -other]):
                    self._add(clause)
        return leaves

    def _add(self, clause: Clause) -> None:
        """A clause that holds always, added while nothing is assumed: some of its literals may be settled already."""
        rest = [literal for literal in clause if self._value[literal] >= 0]
        if any(self._value[literal] > 0 for literal in rest):
            return
        if len(rest) == 1:
            self._set(rest[0], None)
        else:
            self._watch(rest)

    def _settle(self, leaf: int) -> None:
        """A question whose answer is the same in every region."""
        mask, everything = self._mask[leaf], self._everything(leaf)
        if mask in (0, everything):
            self._set(leaf if mask else -leaf, None)

    def _everything(self, leaf: int) -> int:
        node = self._graph.node(leaf)
        return self._divisions[node.subject].everything if isinstance(node, Leaf) else 0

    def _watch(self, clause: Clause) -> None:
        for literal in clause[:2]:
            self._watching.setdefault(-literal, []).append(clause)

    # --- values and their consequences

    def _set(self, literal: Lit, reason: Clause | None) -> None:
        number = abs(literal)
        self._value[literal], self._value[-literal] = 1, -1
        self._level[number] = len(self._levels)
        self._reason[number] = reason
        self._trail.append(literal)

    def _propagate(self, budget: Budget) -> Clause | None:
        """Draws every consequence; returns a clause that cannot be true any more, if there is one."""
        while self._next < len(self._trail):
            budget.take(1)
            literal = self._trail[self._next]
            self._next += 1
            conflict = self._follow(literal) or self._narrow(literal)
            if conflict is not None:
                return conflict
        return None

    def _follow(self, literal: Lit) -> Clause | None:
        """Looks at the clauses that wait for this literal to become true, which makes one of their literals false."""
        waiting = self._watching.get(literal)
        if not waiting:
            return None
        value, lost = self._value, -literal
        kept: list[Clause] = []
        for place, clause in enumerate(waiting):
            first = clause[0]
            if first == lost:
                first = clause[0] = clause[1]
                clause[1] = lost
            if value[first] > 0 or not self._moved(clause, lost):
                kept.append(clause)
                if value[first] < 0:
                    kept += waiting[place + 1 :]
                    self._watching[literal] = kept
                    return clause
                if not value[first]:
                    self._set(first, clause)
        self._watching[literal] = kept
        return None

    def _moved(self, clause: Clause, lost: Lit) -> bool:
        """True when another literal of the clause could be watched in place of the second one."""
        value = self._value
        for place in range(2, len(clause)):
            other = clause[place]
            if value[other] >= 0:
                clause[1], clause[place] = other, lost
                self._watching.setdefault(-other, []).append(clause)
                return True
        return False

    def _narrow(self, literal: Lit) -> Clause | None:
        """What the answer of a leaf means for its subject, and that for the other questions about it."""
        node = self._graph.node(abs(literal))
        if not isinstance(node, Leaf):
            return None
        subject = self._subjects[node.subject]
        allowed = self._allowed(literal)
        before, subject.left = subject.left, subject.left & allowed
        self._undo.append((node.subject, before))
        subject.said.append(literal)
        if not subject.left:
            return [-literal, *self._because(subject, allowed)]
        if before != subject.left and (literal > 0 or len(subject.leaves) <= _FEW):
            self._answer(subject)
        return None

    def _answer(self, subject: _Asked) -> None:
        for leaf in subject.leaves:
            if not self._value[leaf]:
                mask = self._mask[leaf]
                if not subject.left & mask:
                    self._set(-leaf, [-leaf, *self._because(subject, mask)])
                elif not subject.left & ~mask:
                    self._set(leaf, [leaf, *self._because(subject, self._everything(leaf) & ~mask)])

    def _allowed(self, literal: Lit) -> int:
        mask = self._mask[abs(literal)]
        return mask if literal > 0 else self._everything(abs(literal)) & ~mask

    def _because(self, subject: _Asked, regions: int) -> Clause:
        """Of what was said of a subject, enough to exclude these regions; each opposite."""
        because = []
        for literal in subject.said:
            rest = regions & self._allowed(literal)
            if rest != regions:
                because.append(-literal)
                regions = rest
                if not regions:
                    break
        return because

    # --- conflicts

    def _learn(self, conflict: Clause, budget: Budget) -> None:
        """Goes back to where a new clause, that holds always, would have prevented the conflict; and adds it."""
        learned, behind = self._first_cut(conflict, budget)
        self._back(behind)
        if len(learned) > 1:
            self._watch(learned)
        self._set(learned[0], learned if len(learned) > 1 else None)

    def _first_cut(self, conflict: Clause, budget: Budget) -> tuple[Clause, int]:
        """The clause at the last point through which all ways to the conflict lead, and the level below it."""
        level = len(self._levels)
        seen: set[int] = set()
        rest: Clause = []
        clause, open_ways, place = conflict, 0, len(self._trail)
        while True:
            for literal in clause:
                number = abs(literal)
                if number in seen or not self._level[number]:
                    continue
                budget.take(1)
                seen.add(number)
                self._activity[number] += 1
                if self._level[number] == level:
                    open_ways += 1
                else:
                    rest.append(literal)
            place -= 1
            while abs(self._trail[place]) not in seen:
                place -= 1
            found = self._trail[place]
            open_ways -= 1
            if not open_ways:
                break
            clause = [literal for literal in self._reason[abs(found)] or [] if literal != found]
        rest.sort(key=lambda literal: -self._level[abs(literal)])
        return [-found, *rest], self._level[abs(rest[0])] if rest else 0

    def _blamed(self, literal: Lit, wanted: Sequence[Lit]) -> tuple[Lit, ...]:
        """Of the wanted literals, those that make this one of them false."""
        asked, blamed = set(wanted), {literal}
        waiting, seen = [abs(literal)], set[int]()
        while waiting:
            number = waiting.pop()
            if number in seen or not self._level[number]:
                continue
            seen.add(number)
            reason = self._reason[number]
            if reason is None:
                blamed |= {number, -number} & asked
            else:
                waiting += (abs(each) for each in reason)
        return tuple(each for each in wanted if each in blamed)

    def _back(self, level: int) -> None:
        """Forgets every value that was found above this level."""
        if len(self._levels) <= level:
            return
        trail, undo = self._levels[level]
        for literal in self._trail[trail:]:
            self._value[literal] = self._value[-literal] = 0
        for number, before in reversed(self._undo[undo:]):
            self._subjects[number].left = before
            self._subjects[number].said.pop()
        del self._trail[trail:], self._undo[undo:], self._levels[level:]
        self._next = min(self._next, len(self._trail))
