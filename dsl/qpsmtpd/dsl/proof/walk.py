"""Walks through the rules of a hook: at each statement, when it is reached, what was changed by then, and where paths end.

Every path is followed at once: a point is reached when its literal is true. What cannot be followed exactly, such as
what a verdict that was kept for later becomes, may go either way. Nothing is judged here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.proof import scores
from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Lit
from qpsmtpd.dsl.proof.meaning import Env, Meaning
from qpsmtpd.dsl.proof.questions import compared, truth_of
from qpsmtpd.dsl.proof.scores import Part, Sum
from qpsmtpd.dsl.proof.subjects import Form
from qpsmtpd.dsl.proof.terms import Flag, Known, Term, Value, Var, named, single
from qpsmtpd.dsl.syntax.tree import Span

_CASES = 8
"""Cases of a variable that are kept apart where paths meet."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a question: when it is taken, what that says of the question, and the statements there."""

    when: Lit
    says: str
    body: tuple[x.Stmt, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Where a path leaves the hook, or with `skip` its block. `because` is the innermost question around it.

    `when` is true where a path ends here; `takes` already where one would that has come so far.
    """

    when: Lit
    takes: Lit
    statement: x.Stmt
    because: Span
    block: x.Block
    skip: bool
    certain: bool
    """False where our side fails: the hook then ends with 451."""


@dataclass(frozen=True, slots=True)
class Step:
    """A branch that was taken on the way: the question's place, when it is so, and what that says."""

    span: Span
    when: Lit
    says: str
    asked: x.Expr


@dataclass(frozen=True, slots=True)
class Point:
    """A statement on the way: reached when `here` is true, by `steps`. `branches` are the ways on from it."""

    statement: x.Stmt
    here: Lit
    steps: tuple[Step, ...]
    block: x.Block
    env: Env
    shadowed: bool
    branches: tuple[Branch, ...]
    _ends: list[End]
    _before: int

    @property
    def ends(self) -> list[End]:
        """Where paths have ended before it."""
        return self._ends[: self._before]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A variable that is true or false, when it is set, and whether to true; `env` is what held before."""

    statement: x.Set
    when: Lit
    true: Lit
    env: Env


@dataclass(frozen=True, slots=True)
class State:
    """Where a path is: when it is there, and what was changed on it."""

    here: Lit
    env: Env
    score: Sum


@dataclass(slots=True)
class Walk:
    """One walk through the blocks of a hook; what it has met is kept in the order of the rules.

    `once` has the names that one single rule counts under, where the hook runs once for a message.
    """

    meaning: Meaning
    once: frozenset[str] = frozenset()
    points: list[Point] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    assigned: list[Assigned] = field(default_factory=list)
    sums: dict[int, Sum] = field(default_factory=dict)
    """The bounds of the subjects that are the score between two changes."""
    peak: Sum = field(default_factory=Sum)
    """Every sum that was met."""
    _block: x.Block | None = None
    _steps: tuple[Step, ...] = ()
    _left: list[State] = field(default_factory=list)
    _shadowed: bool = False
    _versions: int = 0
    _times: Counter[int] = field(default_factory=Counter)

    def hook(self, blocks: Sequence[x.Block], state: State) -> State:
        """Follows every path; returns where the hook falls through."""
        self.peak = self.peak.or_(state.score)
        for block in blocks:
            self._block, self._left = block, []
            before = len(self.ends)
            end = self._run(block.body, state)
            here = self._without(state.here, [end for end in self.ends[before:] if not end.skip])
            state = self.met([*self._left, end], here, state)
        return state

    def accepts(self) -> list[Point]:
        """Every `accept` that counts."""
        return [point for point in self.points if _accepts(point.statement) and not point.shadowed]

    def _run(self, body: Sequence[x.Stmt], state: State) -> State:
        for statement in body:
            before = len(self.ends)
            after = self._step(statement, state)
            here = self._without(state.here, self.ends[before:]) if len(self.ends) > before else state.here
            state = after if after.here == here else State(here, after.env, after.score)
        return state

    def _without(self, here: Lit, ends: Sequence[End]) -> Lit:
        for end in ends:
            here = self.meaning.world.graph.both(here, -end.when)
        return here

    def _step(self, statement: x.Stmt, state: State) -> State:
        self.meaning.env = state.env
        match statement:
            case x.Choose():
                return self._choose(statement, state)
            case x.Match():
                return self._match(statement, state)
            case x.Shadow():
                return self._shadow(statement, state)
        self._point(statement, state)
        match statement:
            case x.Decide():
                return self._decide(statement, state)
            case x.Enforce():
                self._end(statement, state.here, self._maybe(statement))
                return self._changed(state)
            case x.Do():
                return self._do(statement, state)
            case x.Log():
                self._lost(statement, self.meaning.value(statement.message, state.here), state)
            case x.Set():
                return self._set(statement, state)
            case x.Bind():
                self.meaning.locals[statement.key] = self.meaning.value(statement.value, state.here)
        return state

    # --- where paths end

    def _end(self, statement: x.Stmt, here: Lit, so: Lit = TRUE, *, skip: bool = False, certain: bool = True) -> None:
        """Paths that are here end, where it is so."""
        graph = self.meaning.world.graph
        when = graph.both(here, so)
        if when != FALSE:
            assert self._block is not None
            because = self._steps[-1].span if self._steps else statement.span
            takes = graph.both(graph.every(step.when for step in self._steps), so)
            self.ends.append(End(when, takes, statement, because, self._block, skip, certain))

    def _lost(self, statement: x.Stmt, value: Value, state: State) -> Lit:
        """What becomes of a value that is unknown: the hook may end; returns when the statement does something."""
        graph = self.meaning.world.graph
        if not self._shadowed:
            self._end(statement, state.here, value.defer, certain=False)
        return graph.both(state.here, -value.unknown)

    def _maybe(self, statement: x.Stmt) -> Lit:
        """Something of a statement that may go either way; the same in every walk of the same rules."""
        self._times[id(statement)] += 1
        return self.meaning.world.flag(("maybe", self.meaning.hook, id(statement), self._times[id(statement)]))

    def version(self) -> Hashable:
        """A name that nothing else has: for what has just been changed."""
        self._versions += 1
        return self.meaning.hook, self._versions

    def _decide(self, statement: x.Decide, state: State) -> State:
        said = TRUE
        if statement.message is not None and not statement.reason:
            message = self.meaning.value(statement.message, state.here)
            self._lost(statement, message, state)
            said = -message.unknown
        if statement.verb is Verb.SKIP:
            if not self._shadowed:
                self._left.append(state)
            self._end(statement, state.here, skip=True)
        elif statement.final:
            self._end(statement, state.here, said)
        else:
            return self._changed(state)
        return state

    def _do(self, statement: x.Do, state: State) -> State:
        call = statement.call
        value = self.meaning.value(call, state.here)
        if call.function.kind is Kind.DELIVERY:
            graph, asked = self.meaning.world.graph, self.meaning.asked[-1].when
            self._end(statement, state.here, asked)
            self._end(statement, state.here, graph.both(value.defer, -asked), certain=False)
            return state
        self._lost(statement, value, state)
        version = self.version()
        return replace(state, env=replace(state.env, message=version, changed=version))

    def _changed(self, state: State) -> State:
        return replace(state, env=replace(state.env, changed=self.version()))

    # --- branches

    def _choose(self, statement: x.Choose, state: State) -> State:
        meaning = self.meaning
        truth = meaning.truth(statement.condition, state.here)
        if statement.unknown is None or meaning.mute:
            nothing = "this cannot be answered, so the statement does nothing"
            unknown = Branch(truth.unknown, nothing, ())
        else:
            unknown = Branch(truth.unknown, "this cannot be answered", statement.unknown)
        said = ("this is true", "this is false")
        yes, no = said if not is_unless(statement.condition) else said[::-1]
        branches = (Branch(truth.yes, yes, statement.then), Branch(truth.no, no, statement.orelse), unknown)
        self._point(statement, state, branches)
        if not unknown.body and statement.unknown is None and not self._shadowed:
            self._end(statement, state.here, truth.defer, certain=False)
        return self._branched(statement.condition, branches, state)

    def _match(self, statement: x.Match, state: State) -> State:
        graph = self.meaning.world.graph
        value = self.meaning.value(statement.subject, state.here)
        branches = [
            Branch(self._is_one(value, case.values), f"this is `{'` or `'.join(case.values)}`", case.body)
            for case in statement.cases
        ]
        rest = graph.every([-value.unknown, *(-branch.when for branch in branches)])
        branches.append(Branch(rest, "this is something else", statement.orelse))
        branches.append(Branch(value.unknown, "this cannot be answered, so the statement does nothing", ()))
        self._point(statement, state, tuple(branches))
        self._lost(statement, value, state)
        return self._branched(statement.subject, tuple(branches), state)

    def _is_one(self, value: Value, names: Sequence[str]) -> Lit:
        world, graph = self.meaning.world, self.meaning.world.graph
        found = graph.some(
            graph.both(guard, compared(world, "==", term, Known(name))) for guard, term in value.cases for name in names
        )
        return graph.both(found, -value.unknown)

    def _branched(self, asked: x.Expr, branches: Sequence[Branch], state: State) -> State:
        graph, outer = self.meaning.world.graph, self._steps
        ways: list[State] = []
        for branch in branches:
            here = graph.both(state.here, branch.when)
            if branch.body:
                self._steps = (*outer, Step(asked.span, branch.when, branch.says, asked))
                ways.append(self._run(branch.body, State(here, state.env, state.score)))
            else:
                ways.append(State(here, state.env, state.score))
        self._steps = outer
        return self.met(ways, state.here, state)

    def _shadow(self, statement: x.Shadow, state: State) -> State:
        self._point(statement, state)
        if self._shadowed:  # one copy is enough
            return self._run(statement.body, state)
        outer = self.ends, self._shadowed, self.meaning.counts, self.assigned, self.peak
        self.ends, self._shadowed, self.meaning.counts, self.assigned = [*self.ends], True, False, []
        env, score = state.env, state.score
        if statement.key:  # a copy that was made earlier, and may have changed since
            score = scores.UNBOUNDED
            values = {code: self.anything(code, value) for code, value in env.values.items()}
            env = Env(values, self.version(), self.version())
        self._run(statement.body, State(state.here, env, score))
        self.ends, self._shadowed, self.meaning.counts, self.assigned, self.peak = outer
        return state

    def _point(self, statement: x.Stmt, state: State, branches: tuple[Branch, ...] = ()) -> None:
        assert self._block is not None
        where = self._steps, self._block, state.env, self._shadowed
        self.points.append(Point(statement, state.here, *where, branches, self.ends, len(self.ends)))

    # --- where paths meet

    def met(self, ways: Sequence[State], here: Lit, before: State) -> State:
        """One state for paths that meet: what differs is in cases, or no longer known."""
        ways = [way for way in ways if way.here != FALSE]
        first = ways[0] if ways else before
        if len({id(way.env) for way in ways}) <= 1:
            return State(here, first.env, first.score)
        score = first.score
        for way in ways[1:]:
            score = score.or_(way.score)
        before_all = first.env.values
        differing = {code for way in ways[1:] for code, value in way.env.values.items() if value is not before_all[code]}
        values = {**before_all, **{code: self._one_of(code, ways, score) for code in sorted(differing)}}
        same = {way.env.message for way in ways}, {way.env.changed for way in ways}
        message, changed = (each.pop() if len(each) == 1 else self.version() for each in same)
        return State(here, Env(values, message, changed), score)

    def _one_of(self, code: str, ways: Sequence[State], score: Sum) -> Value:
        graph = self.meaning.world.graph
        found = [(way.here, way.env.values[code]) for way in ways]
        if all(value == found[0][1] for _, value in found):
            return found[0][1]
        if code == scores.CODE:
            return single(self._scored(score))
        cases = [(graph.both(here, guard), term) for here, value in found for guard, term in value.cases]
        if all(isinstance(term, Flag) for _, term in cases):
            literals = (graph.both(guard, term.literal) for guard, term in cases if isinstance(term, Flag))
            return single(Flag(graph.some(literals)))
        return Value(tuple(cases)) if len(cases) <= _CASES else self.anything(code, found[0][1])

    def anything(self, code: str, like: Value) -> Value:
        """The value of a variable of which nothing is known."""
        key: Hashable = ("changed", code, self.version())
        world = self.meaning.world
        match like.cases[0][1]:
            case Flag():
                return single(Flag(world.flag(key)))
            case Var(subject):
                old = world.subjects[subject]
                return single(Var(world.subject(key, old.form, old.members)))
            case Known(value):
                number = isinstance(value, int | float)
                return single(Var(world.subject(key, Form.ORDERED if number else Form.PLAIN)))

    # --- assignments

    def _set(self, statement: x.Set, state: State) -> State:
        code, kind = statement.target.code, statement.target.type
        counted = statement.alias and statement.alias not in self.once  # then it may have counted before
        here = self.meaning.world.graph.both(state.here, self._maybe(statement)) if counted else state.here
        value = self.meaning.value(statement.value, here)
        done = self._lost(statement, value, replace(state, here=here))
        if kind == t.BOOL:
            new, score = self._switched(statement, value, done, state), state.score
        elif code == scores.CODE:
            score = self._counted(statement, value, state.score)
            self.peak = self.peak.or_(score)
            new = single(self._scored(score))
        else:
            new, score = self._stored(statement, value), state.score
        env = replace(state.env, values={**state.env.values, code: new}, changed=self.version())
        return State(state.here, env, score)

    def _switched(self, statement: x.Set, value: Value, done: Lit, state: State) -> Value:
        world, graph = self.meaning.world, self.meaning.world.graph
        (_, before), *_ = state.env.values[statement.target.code].cases
        old = truth_of(world, before)
        true = graph.some(graph.both(guard, truth_of(world, term)) for guard, term in value.cases)
        if not self._shadowed:
            self.assigned.append(Assigned(statement, done, true, state.env))
        kept = graph.both(value.unknown, old)
        return single(Flag(graph.either(graph.both(true, -value.unknown), kept)))

    def _counted(self, statement: x.Set, value: Value, before: Sum) -> Sum:
        low, high = self._extent(value)
        if statement.operator == "=":
            set_to = Sum(low, high, {}, (Part(high, statement.rule, statement.span),))
            return set_to.or_(before) if value.unknown != FALSE else set_to
        if statement.operator == "-=":
            low, high = -high, -low
        if value.unknown != FALSE:
            low, high = min(low, 0), max(high, 0)
        name = statement.alias or statement.rule
        if statement.alias and statement.alias not in self.once:
            return before.once(low, Part(high, name, statement.span))
        return before.plus(low, Part(high, name, statement.span))

    def _extent(self, value: Value) -> tuple[float, float]:
        """Between which numbers a value is."""
        lows, highs = [], []
        for _, term in value.cases:
            subject = self.meaning.world.subjects[term.subject] if isinstance(term, Var) else None
            lows.append(term.value if isinstance(term, Known) else subject.low if subject else -math.inf)
            highs.append(term.value if isinstance(term, Known) else subject.high if subject else math.inf)
        return min(lows), max(highs)

    def _scored(self, score: Sum) -> Term:
        key = ("score", self.version())
        subject = self.meaning.world.subject(key, Form.ORDERED, low=score.least, high=score.most)
        self.sums[subject] = score
        return Var(subject)

    def _stored(self, statement: x.Set, value: Value) -> Value:
        if statement.operator == "=" and value.unknown == FALSE:
            return Value(value.cases)
        key = ("changed", statement.target.code, self.version())
        return single(named(self.meaning.world, key, statement.target.type))


def is_unless(condition: x.Expr) -> bool:
    """True when what is written is the opposite of the condition."""
    return isinstance(condition, x.Not) and condition.span == condition.operand.span


def _accepts(statement: x.Stmt) -> bool:
    return isinstance(statement, x.Decide) and statement.verb is Verb.ACCEPT
