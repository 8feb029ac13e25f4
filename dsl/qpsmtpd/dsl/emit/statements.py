"""Statements of the typed model as Python statements, and what each does when it meets unknown.

A statement that meets unknown does nothing; then its `unknown` branch runs, or a cause whose policy is `defer` ends
the hook with 451 4.4.3, or the next statement follows. A `let` passes the unknown on to whoever reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.flow import parts, statements
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.calls import shown
from qpsmtpd.dsl.emit.expressions import local, steady, value
from qpsmtpd.dsl.emit.frame import Frame
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.types import NUMBER
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span


def block(f: Frame, written: typed.Block) -> None:
    """Adds an `on` block; `skip` leaves it."""
    f.span = written.span
    if not any(isinstance(s, typed.Decide) and s.verb is Verb.SKIP for s in statements(written.body)):
        _run(f, written.body)
        return
    body = _collected(f, written.body)
    # a loop that runs once: the only statement of Python that can be left from anywhere inside
    f.add(ast.While(nodes.constant(True), [*body, ast.Break()], []), written.span)


def _run(f: Frame, body: Sequence[typed.Stmt]) -> None:
    outer = f.span, f.rule
    for statement in body:
        f.span, f.rule = statement.span, statement.rule
        _EMIT[type(statement)](f, statement)
    f.span, f.rule = outer


def _collected(f: Frame, body: Sequence[typed.Stmt]) -> list[ast.stmt]:
    made: list[ast.stmt] = []
    with f.into(made):
        _run(f, body)
    return made


def _choose(f: Frame, statement: typed.Choose) -> None:
    outer = f.reasons
    f.reasons = {**outer, **_reasons(f, statement)}
    test = value(f, statement.condition)
    unsure = f.fallible(statement.condition)
    then, orelse = _collected(f, statement.then), _collected(f, statement.orelse)
    if not unsure:
        f.add(nodes.when(test, then, orelse), statement.span)
    else:
        kept = test.id if isinstance(test, ast.Name) else f.keep(test, statement.condition.span)
        unknown = _deferring(f, kept) if statement.unknown is None else _collected(f, statement.unknown)
        f.add(nodes.when(nodes.is_unknown(kept), unknown, [nodes.when(nodes.name(kept), then, orelse)]), statement.span)
    f.reasons = outer


def _reasons(f: Frame, statement: typed.Choose) -> dict[tuple[Span, str], str]:
    """A temporary for each call of the condition whose answer is the text of a verdict below, none asked yet."""
    wanted = {
        (below.message.span, below.message.function.name)
        for below in statements((statement,))
        if isinstance(below, typed.Decide) and below.reason and isinstance(below.message, typed.FunctionCall)
    }
    found = {}
    for part in parts(statement.condition):
        if isinstance(part, typed.FunctionCall) and (key := (part.span, part.function.name)) in wanted and key not in found:
            found[key] = f.keep(nodes.constant(None), part.span)
    return found


def _decide(f: Frame, statement: typed.Decide) -> None:
    if statement.verb is Verb.SKIP:
        f.add(ast.Break(), statement.span)
        return
    ready = nodes.name(f.pool.verdict(statement))
    if statement.message is None:
        f.add(ast.Return(ready), statement.span)
    elif statement.reason:
        kept = f.reason(statement.message)
        because = nodes.name(kept) if kept else value(f, statement.message)
        f.add(ast.Return(nodes.call("because", ready, because)), statement.span)
    else:
        said = nodes.attribute(ready, "saying")
        _when_known(f, (statement.message,), lambda given: f.add(ast.Return(nodes.call(said, *given)), statement.span))


def _do(f: Frame, statement: typed.Do) -> None:
    call = statement.call
    if call.function.kind is Kind.DELIVERY:
        rule = nodes.constant(statement.rule)

        def deliver(given: list[ast.expr]) -> None:
            handed = f.placed(shown(f, call, given), call.span)
            f.add(ast.Return(nodes.call("of_delivery", handed, rule)), statement.span)

        _when_known(f, call.arguments, deliver)
    elif f.fallible(call):
        kept = steady(f, call)
        if isinstance(kept, ast.Name):
            f.body.extend(_deferring(f, kept.id))
    else:
        f.add(ast.Expr(value(f, call)), statement.span)


def _log(f: Frame, statement: typed.Log) -> None:
    rule = nodes.constant(statement.rule)
    _when_known(f, (statement.message,), lambda given: f.add(ast.Expr(nodes.call("s.note", rule, *given)), statement.span))


def _set(f: Frame, statement: typed.Set) -> None:
    target = statement.target

    def store(given: list[ast.expr]) -> None:
        new = given[0]
        if statement.operator != "=":
            new = ast.BinOp(nodes.path(target.code), ast.Add() if statement.operator == "+=" else ast.Sub(), new)
        if target.type == NUMBER:
            new = nodes.call("round", new, nodes.constant(2))
        f.add(nodes.assign(target.code, new), statement.span)

    _when_known(f, (statement.value,), store)


def _bind(f: Frame, statement: typed.Bind) -> None:
    made = value(f, statement.value)
    if f.fallible(statement.value):
        f.unsure.add(statement.key)
    f.keep(made, statement.span, local(statement.key))


def _when_known(f: Frame, wanted: Sequence[typed.Expr], then: Callable[[list[ast.expr]], None]) -> None:
    """Adds what `then` makes of the values, to run when all of them are known."""
    if not any(map(f.fallible, wanted)):
        then([value(f, e) for e in wanted])
        return
    given = [steady(f, e) for e in wanted]
    unsure = [made for e, made in zip(wanted, given, strict=True) if f.fallible(e)]
    lost = f.keep(nodes.call("spread", *unsure), f.span)
    body: list[ast.stmt] = []
    with f.into(body):
        then(given)
    f.add(nodes.when(nodes.is_none(nodes.name(lost)), body, _deferring(f, lost)), f.span)


def _deferring(f: Frame, kept: str) -> list[ast.stmt]:
    """What follows an unknown without a branch of its own: the hook ends when a cause says so."""
    ends = ast.Return(nodes.name(f.pool.temporary(f.rule, f.span)))
    return [f.placed(nodes.when(nodes.compare(nodes.name(kept), ast.Is(), nodes.name("DEFER")), [ends]), f.span)]


_EMIT: Mapping[type, Callable[[Frame, Any], None]] = {
    typed.Choose: _choose,
    typed.Decide: _decide,
    typed.Do: _do,
    typed.Log: _log,
    typed.Set: _set,
    typed.Bind: _bind,
}
