"""Decides what the lab sees of rules while they run: each statement that is reached, and the values it reads.

A pass over checked rules: what it puts in changes no value and no decision. It wraps what an operator would look at to
understand a rule: the condition, its parts between `and` and `or`, and the values that come from outside in them. What
is inside a call's arguments stays as it is, since the relay proof and the emitter look at it there. The expectations of
tests become the hooks of a listener of their own. Rules that serve never come here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.trials import Expect, Trial
from qpsmtpd.dsl.check.typed import Answer, Application, Block, Expr, Reached, Stmt, Traced, TypedListener, TypedRules
from qpsmtpd.dsl.model.functions import Function
from qpsmtpd.dsl.model.settings import ListenerSettings
from qpsmtpd.dsl.syntax.tree import Span

EXPECTATIONS = "expectations of the tests"
"""The listener whose hooks are what tests expect."""
NOWHERE = -1
"""In place of the number of a statement, where there is none around."""
_STATEMENTS = get_args(Stmt)
_EXPRESSIONS = get_args(Expr)
_INNER = (typed.And, typed.Or, typed.Not)
_READ = (typed.Read, typed.Local, typed.Field, typed.Item, typed.FunctionCall)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that tells when it is come by.

    `kind` is `statement`, or `condition`, `part` or `value` for what is read; `of` is the number of the statement in
    which it stands, or NOWHERE. `applied` are the `apply` lines that have put it in its place.
    """

    number: int
    kind: str
    of: int
    node: Stmt | Expr
    applied: tuple[Application, ...] = ()

    @property
    def span(self) -> Span:
        return self.node.span


@dataclass(frozen=True, slots=True)
class Watched:
    """Rules that tell what they do: `marks` by their numbers, `expectations` the hook of each `expect` of a test, `alone`
    the listener of each test of policies alone.
    """

    rules: TypedRules
    marks: tuple[Mark, ...]
    expectations: tuple[tuple[Expect, str], ...]
    alone: tuple[tuple[Trial, str], ...]


def traced(rules: TypedRules, stand_in: Callable[[Function], Function]) -> Watched:
    """The rules, watched. `stand_in` is called for each function that they call, and says which is called instead."""
    watch = _Watch(stand_in)
    listeners = [replace(each, hooks=watch.hooks(each.hooks)) for each in rules.listeners]
    alone = {f"test {number}": trial for number, trial in enumerate(rules.trials, 1) if trial.alone is not None}
    listeners += [_listener(name, trial.span, watch.hooks(trial.alone or {})) for name, trial in alone.items()]
    asked = {f"expect_{number}": expect for number, expect in enumerate(_expectations(rules.trials), 1)}
    hooks = {hook: (Block(expect.span, (watch.answer(expect),)),) for hook, expect in asked.items()}
    listeners.append(_listener(EXPECTATIONS, Span(rules.folder, 1, 1, 1, 1), hooks))
    return Watched(
        replace(rules, listeners=tuple(listeners)),
        tuple(watch.marks),
        tuple((expect, hook) for hook, expect in asked.items()),
        tuple((trial, name) for name, trial in alone.items()),
    )


def _listener(name: str, span: Span, hooks: Mapping[str, tuple[Block, ...]]) -> TypedListener:
    return TypedListener(name, span, ListenerSettings(), hooks)


def _expectations(trials: Sequence[Trial]) -> Iterator[Expect]:
    for trial in trials:
        yield from (step for step in trial.steps if isinstance(step, Expect))


class _Watch:
    """The pass: gives out the marks."""

    def __init__(self, stand_in: Callable[[Function], Function]) -> None:
        self.marks: list[Mark] = []
        self._stand_in = stand_in
        self._instead: dict[str, Function] = {}
        self._blocks: dict[int, Block] = {}
        self._applied: tuple[Application, ...] = ()
        self._statement = NOWHERE
        """The number of the statement in hand."""

    def hooks(self, written: Mapping[str, tuple[Block, ...]]) -> Mapping[str, tuple[Block, ...]]:
        return {hook: self.blocks(blocks) for hook, blocks in written.items()}

    def blocks(self, written: Sequence[Block]) -> tuple[Block, ...]:
        """Blocks that several listeners share stay shared."""
        for block in written:
            self._applied = block.applied
            if id(block) not in self._blocks:
                self._blocks[id(block)] = replace(block, body=self._body(block.body))
        return tuple(self._blocks[id(block)] for block in written)

    def answer(self, expect: Expect) -> Answer:
        """An expectation that tells what it reads."""
        self._applied = ()
        made = Answer(expect.span, f"{expect.span.file}:{expect.span.line}", expect.value)
        self._statement = self._mark("statement", NOWHERE, made)
        watched = replace(made, value=self._condition(expect.value))
        self._statement = NOWHERE
        return watched

    def _mark(self, kind: str, of: int, node: Any) -> int:
        number = len(self.marks)
        self.marks.append(Mark(number, kind, of, node, self._applied))
        return number

    def _body(self, body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        return tuple(made for statement in body for made in self._stated(statement))

    def _stated(self, statement: Stmt) -> Iterator[Stmt]:
        outer = self._statement
        self._statement = number = self._mark("statement", outer, statement)
        yield Reached(statement.span, statement.rule, number)
        yield self._inside(statement)
        self._statement = outer

    def _inside(self, node: Any) -> Any:
        """A statement, or a case of one, with all in it watched."""
        changed: dict[str, Any] = {}
        for field in dataclasses.fields(node):
            value = getattr(node, field.name)
            if isinstance(value, _EXPRESSIONS):
                changed[field.name] = self._expression(node, value)
            elif isinstance(value, tuple) and value and isinstance(value[0], _STATEMENTS):
                changed[field.name] = self._body(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], typed.Stated):
                changed[field.name] = tuple(self._inside(each) for each in value)
        return replace(node, **changed)

    def _expression(self, statement: Any, e: Expr) -> Expr:
        match statement:
            case typed.Choose() | typed.Match():
                return self._condition(e)
            case typed.Do() | typed.Decide():
                return self._swapped(e)  # its kind is looked at: a call, a template, the reason of a verdict
            case _:
                return self._read(e)

    def _condition(self, e: Expr) -> Expr:
        return Traced(e.span, e.type, self._parts(e), self._mark("condition", self._statement, e))

    def _parts(self, e: Expr) -> Expr:
        """A condition with each of its parts watched."""
        if not isinstance(e, _INNER):
            return self._read(e)
        return self._each(e, self._parts if isinstance(e, typed.Not) else self._part)

    def _part(self, e: Expr) -> Expr:
        if isinstance(e, _READ) or (isinstance(e, _INNER) and not isinstance(e, typed.Not)):
            return self._parts(e)  # it is told as a value, or by its own parts
        return Traced(e.span, e.type, self._parts(e), self._mark("part", self._statement, e))

    def _read(self, e: Expr) -> Expr:
        """An expression with the values that it reads watched."""
        if isinstance(e, _READ):
            return Traced(e.span, e.type, self._swapped(e), self._mark("value", self._statement, e))
        return self._each(e, self._swapped if isinstance(e, typed.Template) else self._read)

    def _swapped(self, e: Expr) -> Expr:
        """An expression with other functions in its calls, and nothing watched."""
        made = self._each(e, self._swapped)
        if isinstance(made, typed.FunctionCall):
            return replace(made, function=self._other(made.function))
        return made

    def _other(self, function: Function) -> Function:
        """The stand-in with the policies of this call."""
        if function.name not in self._instead:
            self._instead[function.name] = self._stand_in(function)
        instead = self._instead[function.name]
        return replace(function, code=instead.code, services=instead.services, asynchronous=instead.asynchronous)

    def _each(self, e: Expr, change: Callable[[Expr], Expr]) -> Expr:
        changed: dict[str, Any] = {}
        for field in dataclasses.fields(e):
            value = getattr(e, field.name)
            if isinstance(value, _EXPRESSIONS):
                changed[field.name] = change(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], _EXPRESSIONS):
                changed[field.name] = tuple(map(change, value))
        return replace(e, **changed) if changed else e
