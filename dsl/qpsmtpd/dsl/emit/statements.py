"""Statements of the typed model as Python statements, and what each does when it meets unknown.

A statement that meets unknown does nothing; then its `unknown` branch runs, or a cause whose policy is `defer` ends
the hook with 451 4.4.3, or the next statement follows. A `let` passes the unknown on to whoever reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.flow import branches, expressions, parts, statements
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.calls import shown
from qpsmtpd.dsl.emit.expressions import local, steady, value
from qpsmtpd.dsl.emit.frame import Frame
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

_ROUNDED = ("s.score", "s.karma")
"""What is kept to two decimals."""


def block(f: Frame, written: typed.Block) -> None:
    """Adds an `on` block; `skip` leaves it."""
    f.span = written.span
    _leavable(f, written.body, written.span)


def _leavable(f: Frame, written: Sequence[typed.Stmt], span: Span) -> None:
    if not _left_by_skip(written):
        _run(f, written)
        return
    body = _collected(f, written)
    # a loop that runs once: the only statement of Python that can be left from anywhere inside
    f.add(ast.While(nodes.constant(True), [*body, ast.Break()], []), span)


def _left_by_skip(body: Sequence[typed.Stmt]) -> bool:
    """True when a `skip` of these statements themselves leaves them; one under `shadow` leaves only what is shadowed."""
    outside = (branch for s in body if not isinstance(s, typed.Shadow) for branch in branches(s))
    return any(isinstance(s, typed.Decide) and s.verb is Verb.SKIP for s in body) or any(map(_left_by_skip, outside))


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


def _match(f: Frame, statement: typed.Match) -> None:
    outer = f.reasons
    f.reasons = {**outer, **_reasons(f, statement)}
    subject = statement.subject
    kept = steady(f, subject)
    orelse = _collected(f, statement.orelse)
    for case in reversed(statement.cases):
        test = nodes.compare(kept, *_values(case.values))
        chosen = nodes.when(f.placed(test, case.span), _collected(f, case.body), orelse)
        orelse = [f.placed(chosen, case.span)]
    if f.fallible(subject) and isinstance(kept, ast.Name):
        f.add(nodes.when(nodes.is_unknown(kept.id), _deferring(f, kept.id), orelse), statement.span)
    else:
        f.body += orelse
    f.reasons = outer


def _values(names: Sequence[str]) -> tuple[ast.cmpop, ast.expr]:
    if len(names) == 1:
        return ast.Eq(), nodes.constant(names[0])
    return ast.In(), ast.Tuple([nodes.constant(name) for name in names], ast.Load())


def _reasons(f: Frame, statement: typed.Choose | typed.Match) -> dict[tuple[Span, str], str]:
    """A temporary for each call of the condition whose answer is the text of a verdict below, none asked yet."""
    wanted = {
        (below.message.span, below.message.function.name)
        for below in statements((statement,))
        if isinstance(below, typed.Decide) and below.reason and isinstance(below.message, typed.FunctionCall)
    }
    found = {}
    for part in (p for e in expressions(statement) for p in parts(e)):
        if isinstance(part, typed.FunctionCall) and (key := (part.span, part.function.name)) in wanted and key not in found:
            found[key] = f.keep(nodes.constant(None), part.span)
    return found


def _decide(f: Frame, statement: typed.Decide) -> None:
    if statement.verb is Verb.SKIP:
        f.add(ast.Break(), statement.span)
        return
    ready = nodes.name(f.pool.verdict(statement))

    def said(verdict: ast.expr) -> None:
        kept = ast.Expr(nodes.call("s.keep_for", nodes.constant(statement.at), verdict)) if statement.at else None
        f.add(kept or ast.Return(verdict), statement.span)

    if statement.message is None:
        said(ready)
    elif statement.reason:
        kept = f.reason(statement.message)
        said(nodes.call("because", ready, nodes.name(kept) if kept else value(f, statement.message)))
    else:
        saying = nodes.attribute(ready, "saying")
        _when_known(f, (statement.message,), lambda given: said(nodes.call(saying, *given)))


def _enforce(f: Frame, statement: typed.Enforce) -> None:
    kept = f.keep(nodes.call("s.enforced", nodes.constant(f.hook)), statement.span)
    f.add(nodes.when(nodes.no(nodes.is_none(nodes.name(kept))), [ast.Return(nodes.name(kept))]), statement.span)


def _shadow(f: Frame, statement: typed.Shadow) -> None:
    """A function inside of the hook's: it gets copies of session and transaction, and what it returns is only recorded."""
    if f.shadow:
        _run(f, statement.body)
        return
    made: list[ast.stmt] = []
    with f.into(made), f.shadowed():
        _leavable(f, statement.body, statement.span)
    called = f"shadow{f.temporary()}"
    definition = nodes.function(called, made or [ast.Pass()])
    f.add(definition, statement.span)
    given = (nodes.constant(statement.rule), nodes.name(called), nodes.name("t"), nodes.constant(statement.key))
    if isinstance(definition, ast.AsyncFunctionDef):
        f.add(ast.Expr(ast.Await(nodes.call("s.would_wait", *given))), statement.span)
    else:
        f.add(ast.Expr(nodes.call("s.would", *given)), statement.span)


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
        if target.code in _ROUNDED:
            new = nodes.call("round", new, nodes.constant(2))
        f.add(nodes.assign(target.code, new), statement.span)
        if statement.alias:
            more = ast.Tuple([ast.Starred(nodes.path("s.symbols"), ast.Load()), nodes.constant(statement.alias)], ast.Load())
            f.add(nodes.assign("s.symbols", more), statement.span)

    if not statement.alias:
        _when_known(f, (statement.value,), store)
        return
    first: list[ast.stmt] = []
    with f.into(first):
        _when_known(f, (statement.value,), store)
    f.add(nodes.when(nodes.compare(nodes.constant(statement.alias), ast.NotIn(), nodes.path("s.symbols")), first), statement.span)


def _bind(f: Frame, statement: typed.Bind) -> None:
    made = value(f, statement.value)
    if f.fallible(statement.value):
        f.unsure.add(statement.key)
    f.keep(made, statement.span, local(statement.key))


def _reached(f: Frame, statement: typed.Reached) -> None:
    f.add(ast.Expr(nodes.call("s.reached", nodes.constant(statement.number))), statement.span)


def _answer(f: Frame, statement: typed.Answer) -> None:
    f.add(ast.Return(value(f, statement.value)), statement.span)


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
    """What follows an unknown without a branch of its own: the hook ends when a cause says so, but never under `shadow`."""
    if f.shadow:
        return []
    ends = ast.Return(nodes.name(f.pool.temporary(f.rule, f.span)))
    return [f.placed(nodes.when(nodes.compare(nodes.name(kept), ast.Is(), nodes.name("DEFER")), [ends]), f.span)]


_EMIT: Mapping[type, Callable[[Frame, Any], None]] = {
    typed.Choose: _choose,
    typed.Match: _match,
    typed.Enforce: _enforce,
    typed.Shadow: _shadow,
    typed.Decide: _decide,
    typed.Do: _do,
    typed.Log: _log,
    typed.Set: _set,
    typed.Bind: _bind,
    typed.Reached: _reached,
    typed.Answer: _answer,
}
