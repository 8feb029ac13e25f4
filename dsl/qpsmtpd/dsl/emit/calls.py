"""Calls of library functions: how the session asks, what a failure gives, and which gates mark the recipient."""

from __future__ import annotations

import ast

from qpsmtpd.dsl.check.typed import Const, FunctionCall
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.frame import Frame
from qpsmtpd.dsl.model.functions import Function, Kind, Scope
from qpsmtpd.dsl.model.services import OF_FUNCTION, SOURCES

MARKS = {Kind.GATE: "t.marked", Kind.VERIFIER: "s.vouched"}
"""What a true answer sets, by which the engine knows that the rules have asked."""


def shown(f: Frame, call: FunctionCall, given: list[ast.expr]) -> ast.expr:
    """A call that gives no unknown: its failure is a value of its own, or not the rules' concern and ends the hook."""
    if call.function.failure is not None:
        return _asked(f, call, given) if call.function.asynchronous else _tried_at_once(f, call, given)
    made = _code(f, call, given)
    return ast.Await(made) if call.function.asynchronous else made


def called(f: Frame, call: FunctionCall, given: list[ast.expr], target: str) -> None:
    """Assigns the outcome of a call to `target`: a value, or unknown when it fails."""
    if not call.function.may_fail:
        f.keep(shown(f, call, given), call.span, target)
    elif call.function.asynchronous:
        f.keep(_asked(f, call, given), call.span, target)
    else:
        f.add(_tried(f, call, given, target), call.span)
    if f.marks(call):
        answered = nodes.compare(nodes.name(target), ast.Is(), nodes.constant(True))
        f.add(nodes.when(answered, [nodes.assign(MARKS[call.function.kind], nodes.constant(True))]), call.span)


def _code(f: Frame, call: FunctionCall, given: list[ast.expr]) -> ast.expr:
    services = {name: _service(wanted, call.function) for name, wanted in call.function.services}
    return nodes.call(f.pool.function(call.function), *given, keywords=services)


def _service(wanted: type, function: Function) -> ast.expr:
    source = SOURCES[wanted]
    return nodes.call(source, nodes.constant(function.name)) if wanted in OF_FUNCTION else nodes.path(source)


def _asked(f: Frame, call: FunctionCall, given: list[ast.expr]) -> ast.expr:
    site = nodes.name(f.pool.site(call.function, f.rule, call.span))
    shared = [] if call.function.scope is Scope.CALL else given
    key = [_keyed(argument, made) for argument, made in zip(call.arguments, shared, strict=False)]
    return ast.Await(nodes.call("s.ask", site, ast.Tuple(key, ast.Load()), nodes.thunk(_code(f, call, given))))


def _tried_at_once(f: Frame, call: FunctionCall, given: list[ast.expr]) -> ast.expr:
    site = nodes.name(f.pool.site(call.function, f.rule, call.span))
    return nodes.call("s.tried", site, nodes.thunk(_code(f, call, given)))


def _keyed(argument: object, made: ast.expr) -> ast.expr:
    """An argument as a part of the key of a shared answer; a constant that cannot be one is named by its text."""
    if isinstance(argument, Const):
        try:
            hash(argument.value)
        except TypeError:
            return nodes.constant(repr(argument.value))
    return made


def _tried(f: Frame, call: FunctionCall, given: list[ast.expr], target: str) -> ast.stmt:
    site = nodes.name(f.pool.site(call.function, f.rule, call.span))
    failed = nodes.assign(target, nodes.call("s.failed", site, nodes.name("error")))
    return ast.Try(
        body=[nodes.assign(target, _code(f, call, given))],
        handlers=[ast.ExceptHandler(nodes.name("Exception"), "error", [failed])],
        orelse=[],
        finalbody=[],
    )
