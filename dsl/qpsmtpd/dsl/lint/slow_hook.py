"""Q618: a way through a hook on which the lookups, when none of them is answered, take longer than the hook may.

Lookups are asked one after the other, each until its deadline; the same call is asked once in its scope, and one that
an earlier hook has asked is not counted again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import blocks_with, expressions, parts
from qpsmtpd.dsl.check.likeness import likeness
from qpsmtpd.dsl.check.reached import place, settled
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind, Scope
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.settings import budget_setting
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

_SHOWN = 8
"""Calls of a way that are shown."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call on a way: the same call has the same key."""

    key: Hashable
    seconds: float
    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class _Way:
    """The calls that are asked on a way, each once, and how long they take."""

    calls: tuple[_Asked, ...] = ()
    keys: frozenset[Hashable] = frozenset()
    seconds: float = 0.0

    def asking(self, call: _Asked) -> _Way:
        return _Way((*self.calls, call), self.keys | {call.key}, self.seconds + call.seconds)


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning at the call at which the time is over."""
    found: dict[tuple[str, Span], tuple[_Way, list[str]]] = {}
    asking = blocks_with(rules, lambda statement: any(_slow_calls(statement)))
    for listener in rules.listeners:
        before: set[Hashable] = set()
        for hook in (hook for hook in ORDER if not asking.isdisjoint(map(id, listener.hooks.get(hook, ())))):
            walk = _Walk(listener.name, getattr(rules.server, budget_setting(hook)), frozenset(before))
            walk.hook(listener.hooks[hook])
            if walk.over is not None:
                _, names = found.setdefault((hook, walk.over.calls[-1].span), (walk.over, []))
                names.append(listener.name)
            before |= walk.kept
    for (hook, _), (way, names) in found.items():
        _report(hook, way, names, rules, findings)


def _report(hook: str, way: _Way, names: Sequence[str], rules: x.TypedRules, findings: Findings) -> None:
    setting = budget_setting(hook)
    where = f" at {words(names, 'and')}" if len(rules.listeners) > 1 else ""
    findings.add(
        "Q618",
        way.calls[-1].span,
        f"when no answer comes, the lookups of `{hook}`{where} have taken {way.seconds:g} s here, "
        f"and the hook has {getattr(rules.server, setting):g} s",
        why="when the time is over, this call and those behind it fail at once, and the rules that need them do nothing",
        help=f"give the lookups shorter deadlines, as in `timeout = 3s`, or the hook more time: `{setting}` in `server:`",
        notes=[Note(asked.span, f"`{asked.name}` may take {asked.seconds:g} s") for asked in way.calls[:-1][-_SHOWN:]],
    )


@dataclass(slots=True)
class _Walk:
    """One walk through a hook. `over` is the first way found that takes too long; `kept` are the calls that are not asked again."""

    listener: str
    budget: float
    before: frozenset[Hashable]
    block: x.Block = field(init=False)
    skipped: _Way | None = None
    over: _Way | None = None
    kept: set[Hashable] = field(default_factory=set)

    def hook(self, blocks: Sequence[x.Block]) -> None:
        way: _Way | None = _Way()
        for block in blocks:
            self.block, self.skipped = block, None
            way = _longest([self._through(block.body, way), self.skipped])

    def _through(self, body: Sequence[x.Stmt], way: _Way | None) -> _Way | None:
        for statement in body:
            way = None if way is None else self._step(statement, way)
        return way

    def _step(self, statement: x.Stmt, way: _Way) -> _Way | None:
        way = self._asking(statement, way)
        match statement:
            case x.Decide(verb=Verb.SKIP):
                self.skipped = _longest([way, self.skipped])
                return None
            case x.Decide() if statement.final:
                return None
            case x.Do(call=call) if call.function.kind is Kind.DELIVERY:
                return None
            case x.Choose():
                answer = settled(statement.condition, self.listener)
                ways: dict[bool | None, tuple[x.Stmt, ...]] = {True: statement.then, False: statement.orelse}
                if _may_be_unknown(statement.condition):
                    ways[None] = statement.unknown or ()
                return _longest([self._through(body, way) for holds, body in ways.items() if answer in (None, holds)])
            case x.Match():
                open_end = statement.orelse or _may_be_unknown(statement.subject)
                bodies = [case.body for case in statement.cases] + ([statement.orelse] if open_end else [])
                return _longest([self._through(body, way) for body in bodies])
            case x.Shadow():
                return self._through(statement.body, way)
        return way

    def _asking(self, statement: x.Stmt, way: _Way) -> _Way:
        if isinstance(statement, x.Decide) and statement.reason:
            return way  # its text is that of a lookup in the condition around
        for call in _slow_calls(statement):
            asked = _asked(call, place(call.span, self.block))
            if call.function.scope is not Scope.CALL:
                self.kept.add(asked.key)
            if self.over is None and asked.key not in self.before and asked.key not in way.keys:
                way = way.asking(asked)
                if way.seconds > self.budget:
                    self.over = way
        return way


def _may_be_unknown(expression: x.Expr) -> bool:
    """True for what asks, or reads a value that may come from asking."""
    return any(isinstance(p, x.Local) or (isinstance(p, x.FunctionCall) and p.function.may_fail) for p in parts(expression))


def _slow_calls(statement: x.Stmt) -> Iterator[x.FunctionCall]:
    for expression in expressions(statement):
        for part in parts(expression):
            if isinstance(part, x.FunctionCall) and part.function.timeout is not None:
                yield part


def _asked(call: x.FunctionCall, span: Span) -> _Asked:
    function = call.function
    key: Hashable = (function.name, likeness(call)) if function.scope is not Scope.CALL else (id(call), span)
    seconds = function.timeout or 0.0
    for parameter, argument in zip(function.parameters, call.arguments, strict=True):
        if parameter.lasts and isinstance(argument, x.Const):
            seconds = min(seconds, argument.value)
    return _Asked(key, seconds, span, function.name)


def _longest(ways: Sequence[_Way | None]) -> _Way | None:
    return max((way for way in ways if way is not None), key=lambda way: way.seconds, default=None)
