"""Which rules can never do anything: conditions that are always true or never, and statements that no path reaches.

A condition is judged under everything that earlier rules of its hook took away. What is reported is sure: it holds in
every case, and at every place that the text in question has got, on all listeners and at each `apply`. A condition of
a policy that its parameters alone decide is no mistake. What could not be decided within the steps is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import branches, parts
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.proof.blame import Blame, because_of
from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Lit
from qpsmtpd.dsl.proof.hooks_walked import Walked
from qpsmtpd.dsl.proof.reach_told import Branch, Condition, Dead, Following, What
from qpsmtpd.dsl.proof.samples import Query, witnessed
from qpsmtpd.dsl.proof.solver import Budget, Spent
from qpsmtpd.dsl.proof.thresholds import Threshold, thresholds
from qpsmtpd.dsl.proof.walk import Point, is_unless
from qpsmtpd.dsl.syntax.tree import Span

HOOK_STEPS = 50_000
"""Steps of the solver for one hook."""
ALL_STEPS = 250_000
"""Steps for all hooks of a rules file."""

Place = tuple[str, Span]
"""What is judged of which text: `then`, `else`, `unknown`, `case`, `always`, `statement`, `threshold`."""


@dataclass(slots=True)
class Reach:
    """What is dead by now, and what is not, of all hooks that were looked at."""

    findings: Findings
    left: int = ALL_STEPS
    dead: dict[Place, Dead] = field(default_factory=dict)
    alive: set[Place] = field(default_factory=set)

    def look(self, walked: Walked) -> None:
        """Judges the rules of a hook."""
        budget = walked.world.budget
        walked.world.budget = Budget(min(HOOK_STEPS, self.left))
        before = walked.world.budget.steps
        judged = _Hook(walked, self, iter(walked.walk.points))
        try:
            judged.judge()
        except Spent:
            judged.leave_open()
            self._not_proved(walked)
        finally:
            self.left -= before - max(walked.world.budget.steps, 0)
            walked.world.budget = budget

    def pass_by(self, walked: Walked) -> None:
        """A hook of which nothing can be said: none of its rules is dead for sure."""
        _Hook(walked, self, iter(walked.walk.points)).leave_open()

    def report(self) -> None:
        """Adds a finding for all that is dead wherever it stands."""
        for place, dead in self.dead.items():
            if place not in self.alive:
                dead.tell(self.findings)

    def _not_proved(self, walked: Walked) -> None:
        self.findings.add(
            "Q654",
            next(block.span for block in walked.blocks if block.body and not isinstance(block.body[0], x.Enforce)),
            f"whether each rule of `{walked.hook}` can ever match was not found out: their conditions depend on each other in too many ways",
            why="the search ends after a number of steps, so that a check takes no longer than a second",
            help="this is no fault; to have it found out, take apart conditions that join many others",
        )


@dataclass(slots=True)
class _Hook:
    """The rules of one hook, looked at in the order in which they were walked."""

    walked: Walked
    reach: Reach
    _points: Iterator[Point]
    _possible: dict[Query, bool] = field(default_factory=dict)
    _open: list[Query] = field(default_factory=list)
    """What the examples have left open."""
    _at: Point | None = None

    def judge(self) -> None:
        """Looks at every rule. Raises Spent."""
        self._try_out()
        before: x.Block | None = None
        for block in self.walked.blocks:
            if self._body(block.body, block, before):
                self.reach.alive.add(("statement", block.span))
                before = block

    def _body(self, body: Sequence[x.Stmt], block: x.Block | None, killer: x.Block | x.Stmt | None) -> bool:
        """Judges statements; false when not even the first is reached, which is told of their block if there is one."""
        for number, statement in enumerate(body):
            self._at = point = next(self._points)
            alive = self._can(point.here)
            span = statement.span if number or block is None else block.span
            if not alive:
                previous = body[number - 1] if number else killer
                if previous is not None:
                    self._judge(("statement", span), point, TRUE, False, Following(span, previous))
                for branch in branches(statement):
                    self._pass_over(*branch)
                self._pass_over(*body[number + 1 :])
                return number > 0
            if number:
                self.reach.alive.add(("statement", span))
            self._inside(statement, point)
        return True

    def _inside(self, statement: x.Stmt, point: Point) -> None:
        match statement:
            case x.Choose():
                self._choose(statement, point)
            case x.Match():
                self._match(statement, point)
            case x.Shadow():
                self._body(statement.body, None, None)

    def _choose(self, statement: x.Choose, point: Point) -> None:
        yes, no, unknown = point.branches
        condition = statement.condition
        can = [self._can(point.here, branch.when) for branch in (yes, no, unknown)]
        # what the parameters of a policy alone decide is decided on purpose
        silent = self._thresholds(point, condition) or (bool(point.block.applied) and yes.when in (TRUE, FALSE))
        always = can[0] and not can[1] and not can[2]
        for place, when, alive in (("then", yes.when, can[0]), ("always", -yes.when, not always)):
            what = Condition(statement, place == "always", is_unless(condition))
            self._judge((place, condition.span), point, when, alive or silent, what)
        if statement.orelse and not always:
            self._part("else", statement.orelse, point, no.when, can[1] or silent)
        if statement.unknown and (can[0] or can[1]):
            self._part("unknown", statement.unknown, point, unknown.when, can[2])
        for branch, possible in zip((yes, no, unknown), can, strict=True):
            self._bodies(branch.body, possible)

    def _thresholds(self, point: Point, condition: x.Expr) -> bool:
        """Judges comparisons of the score; true when one of them says already why the condition is constant."""
        found = [*thresholds(self.walked, point, condition)]
        for each in found:
            self._judge(("threshold", each.comparison.span), point, TRUE, each.reached, each)
        return not all(each.reached for each in found)

    def _part(self, name: str, body: Sequence[x.Stmt], point: Point, when: Lit, alive: bool) -> None:
        span = body[0].span
        self._judge((name, span), point, when, alive, Branch(span, f"`{name}`" if name != "unknown" else name))

    def _match(self, statement: x.Match, point: Point) -> None:
        for number, branch in enumerate(point.branches):
            can = self._can(point.here, branch.when)
            if number < len(statement.cases):
                case = statement.cases[number]
                # a `match` has to have a case for every value, also for one that does not come here
                self._judge(("case", case.span), point, branch.when, can or not case.body, Branch(case.span, "`case`"))
            elif branch.body:
                self._part("else", branch.body, point, branch.when, can)
            self._bodies(branch.body, can)

    def _bodies(self, body: Sequence[x.Stmt], possible: bool) -> None:
        if possible:
            self._body(body, None, None)
        else:
            self._pass_over(*body)

    def _judge(self, place: Place, point: Point, when: Lit, alive: bool, what: What) -> None:
        if alive:
            self.reach.alive.add(place)
        elif place not in self.reach.alive and place not in self.reach.dead:
            blame = Blame(()) if isinstance(what, Threshold) else because_of(self.walked, point, (when,))
            brought = [Note(application.span, "this `apply` brings it here") for application in point.block.applied[:1]]
            self.reach.dead[place] = Dead(what, replace(blame, brought=tuple(brought)))

    def _pass_over(self, *body: x.Stmt) -> None:
        """Statements that are dead because of what is around them, and not judged themselves."""
        for statement in body:
            next(self._points)
            for branch in branches(statement):
                self._pass_over(*branch)

    def leave_open(self) -> None:
        """What was not judged by now may be alive."""
        for point in (*([self._at] if self._at else []), *self._points):
            self.reach.alive.update(_places(point))

    def _try_out(self) -> None:
        """Finds an example for what happens easily, beginning from a case in which the hook falls through."""
        world = self.walked.world
        queries: dict[Query, Query] = {}
        for point in self.walked.walk.points:
            steps = tuple(step.when for step in point.steps)
            queries.setdefault((point.here,), steps)
            for branch in point.branches:
                queries.setdefault((point.here, branch.when), (*steps, branch.when))
        base = world.possible(self.walked.end.here) or world.model({})
        found = witnessed(world, {query: wished for query, wished in queries.items() if FALSE not in query}, base)
        self._possible = {query: query in found for query in queries if query in found or FALSE in query}
        self._open = [query for query in queries if query not in self._possible]

    def _can(self, *literals: Lit) -> bool:
        if literals not in self._possible:
            # what contradicts itself needs no look at what stands above
            model = None if self._alone(literals[-1]) else self.walked.world.possible(*literals)
            self._possible[literals] = model is not None
            if model is not None:
                self._possible |= {query: True for query in self._open if all(map(model.holds, query))}
        return self._possible[literals]

    def _alone(self, literal: Lit) -> bool:
        """True when a literal is never true, whatever else holds."""
        return self.walked.world.against(literal) is not None


def _places(point: Point) -> Iterator[Place]:
    """Everything that could be said to be dead at a statement."""
    statement = point.statement
    yield from (("statement", span) for span in (statement.span, point.block.span))
    match statement:
        case x.Choose(condition=condition):
            yield from ((name, condition.span) for name in ("then", "always"))
            yield from (("threshold", part.span) for part in parts(condition))
            yield from (
                (name, body[0].span) for name, body in (("else", statement.orelse), ("unknown", statement.unknown)) if body
            )
        case x.Match(cases=cases, orelse=orelse):
            yield from (("case", case.span) for case in cases)
            yield from (("else", each.span) for each in orelse[:1])
