"""Which rules and branches of a rules file its tests have come by, and which not.

A rule is a statement; a branch is what its condition can lead to: being met, not being met, and being unknown where a
call that reaches outside can fail or an `unknown` branch stands there; or a case of a `match`. What the same lines do in several hooks, at
several listeners or for several `apply` lines counts together. Shadowed rules count like others; shipped policies do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.flow import branches, calls
from qpsmtpd.dsl.check.typed import Expr, Stmt
from qpsmtpd.dsl.model.values import Unknown
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.record import Reached, Saw
from qpsmtpd.runtime.lab.stand_ins import reaches_outside
from qpsmtpd.runtime.lab.trial_run import Outcome

MET, NOT_MET, UNKNOWN = "then", "else", "unknown"


@dataclass(slots=True)
class Point:
    """A statement of the rules: how often it was come by, and each of its branches. `asked` are the functions in its condition."""

    span: Span
    rule: str
    hits: int = 0
    branches: dict[str, int] = field(default_factory=dict)
    cases: dict[str, Span] = field(default_factory=dict)
    """Where the cases of a `match` stand."""
    asked: tuple[str, ...] = ()
    around: Point | None = None
    inside: str = ""
    """The statement around it, and the branch of that in which it stands."""

    @property
    def follows(self) -> bool:
        """True when that it was not come by follows from what is around it."""
        return self.around is not None and (self.around.hits == 0 or self.around.branches.get(self.inside) == 0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The points of each file, in the order of the text."""

    files: Mapping[str, Sequence[Point]]

    def counts(self, file: str) -> tuple[int, int, int, int]:
        """Rules that were reached, and all; branches that were taken, and all."""
        points = self.files[file]
        taken = [hits for point in points for hits in point.branches.values()]
        return sum(p.hits > 0 for p in points), len(points), sum(hits > 0 for hits in taken), len(taken)

    def totals(self) -> tuple[int, int, int, int]:
        """The same for all files together."""
        each = [self.counts(file) for file in self.files]
        return sum(c[0] for c in each), sum(c[1] for c in each), sum(c[2] for c in each), sum(c[3] for c in each)


def coverage(benches: Iterable[tuple[Bench, Sequence[Outcome]]]) -> Coverage:
    """What these tests have come by."""
    found = _Points()
    for bench, outcomes in benches:
        found.add(bench, _Counts(bench, outcomes))
    files: dict[str, list[Point]] = {}
    for point in sorted(found.points.values(), key=lambda p: (p.span.file, p.span.line, p.span.column, -p.span.end_line)):
        files.setdefault(point.span.file, []).append(point)
    return Coverage(files)


class _Counts:
    """How often each statement was reached, and what its condition was, by the identity of the statement."""

    def __init__(self, bench: Bench, outcomes: Sequence[Outcome]) -> None:
        self.reached: dict[int, int] = {}
        self.came: dict[tuple[int, str], int] = {}
        for event in (event for outcome in outcomes for event in outcome.events):
            if isinstance(event, Reached):
                key = id(bench.marks[event.number].node)
                self.reached[key] = self.reached.get(key, 0) + 1
            elif isinstance(event, Saw) and bench.marks[event.number].kind == "condition":
                statement = bench.marks[bench.marks[event.number].of].node
                came = id(statement), _outcome(statement, event.value)
                self.came[came] = self.came.get(came, 0) + 1


def _outcome(statement: object, value: Any) -> str:
    """Which branch a value of the condition leads to."""
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(statement, typed.Match):
        return next((_called(case) for case in statement.cases if value in case.values), NOT_MET)
    return MET if value else NOT_MET


def _called(case: typed.Case) -> str:
    return f"case {', '.join(case.values)}"


class _Points:
    """The points of all rules, those of the same lines together."""

    def __init__(self) -> None:
        self.points: dict[tuple[Span, str], Point] = {}
        self._bound: dict[str, Expr] = {}

    def add(self, bench: Bench, counts: _Counts) -> None:
        hooks = [listener.hooks for listener in bench.rules.listeners]
        hooks += [trial.alone for trial in bench.trials if trial.alone is not None]
        for block in {id(b): b for each in hooks for blocks in each.values() for b in blocks}.values():
            self._body(block.body, (None, ""), bench, counts)

    def _body(self, body: Sequence[Stmt], around: tuple[Point | None, str], bench: Bench, counts: _Counts) -> None:
        for statement in body:
            point: Point | None = None
            if isinstance(statement, typed.Bind):
                self._bound[statement.key] = statement.value
            if not bench.shipped(statement.span) and not _ours(statement, bench) and not _in_test(statement, bench):
                point = self._point(statement, around, counts)
            for name, inner in _named_branches(statement):
                self._body(inner, (point, name), bench, counts)

    def _point(self, statement: Stmt, around: tuple[Point | None, str], counts: _Counts) -> Point:
        key = statement.span, type(statement).__name__
        point = self.points.setdefault(key, Point(statement.span, statement.rule, around=around[0], inside=around[1]))
        point.hits += counts.reached.get(id(statement), 0)
        asked = [call.function for e in _condition(statement) for call in calls(e, self._bound) if call.function.may_fail]
        point.asked = tuple(dict.fromkeys(function.name for function in asked if reaches_outside(function)))
        if isinstance(statement, typed.Match):
            point.cases = {_called(case): case.span for case in statement.cases}
        for name in _outcomes(statement, bool(point.asked)):
            point.branches[name] = point.branches.get(name, 0) + counts.came.get((id(statement), name), 0)
        return point


def _ours(statement: Stmt, bench: Bench) -> bool:
    """True for what the compiler has put in, such as where a kept verdict is said."""
    return isinstance(statement, typed.Enforce) and not bench.source(statement.span).startswith("enforce")


def _in_test(statement: Stmt, bench: Bench) -> bool:
    """True for the condition of an `apply` line in a test."""
    span = statement.span
    tests = (trial.span for trial in bench.trials if trial.alone is not None)
    return any(test.file == span.file and test.line <= span.line <= test.end_line for test in tests)


def _condition(statement: Stmt) -> tuple[Expr, ...]:
    match statement:
        case typed.Choose():
            return (statement.condition,)
        case typed.Match():
            return (statement.subject,)
    return ()


def _outcomes(statement: Stmt, may_fail: bool) -> Iterator[str]:
    """The branches that a statement has."""
    match statement:
        case typed.Choose():
            yield from (MET, NOT_MET)
            if may_fail or statement.unknown is not None:
                yield UNKNOWN
        case typed.Match():
            yield from map(_called, statement.cases)
            if statement.orelse:
                yield NOT_MET
            if may_fail:
                yield UNKNOWN


def _named_branches(statement: Stmt) -> Iterator[tuple[str, tuple[Stmt, ...]]]:
    match statement:
        case typed.Choose():
            names = [MET, NOT_MET, UNKNOWN]
        case typed.Match():
            names = [*map(_called, statement.cases), NOT_MET]
        case _:
            names = ["shadow"]
    yield from zip(names, branches(statement), strict=False)
