"""Decides what is known when the rules load: the values of `let`, worked out before any mail comes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Book, Scope, faulty
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.extent import NESTED
from qpsmtpd.dsl.check.fitting import fit
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.operators import COMPARE
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.syntax.tree import Span

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    **COMPARE,
    "+": operator.add,
    "-": operator.sub,
}


def constant(name: str, span: Span, book: Book) -> Const:
    """The value of `let NAME`, named at `span`; worked out on first use, so a constant may be used before it is written."""
    if name in book.evaluating:
        return _cycle(name, span, book)
    if name not in book.constants:
        if book.depth > NESTED:
            return _too_deep(name, span, book)
        book.evaluating.append(name)
        book.constants[name] = _evaluate(name, book)
        book.evaluating.pop()
    value = book.constants[name]
    book.used_faulty |= value.type == ERROR
    return replace(value, span=span)


def _too_deep(name: str, span: Span, book: Book) -> Const:
    told = bool(book.too_large)
    book.too_large.add(name)
    if not told:
        message = f"`{name}` stands at the end of a chain of more than {NESTED} constants that need each other"
        book.findings.add("Q213", span, message, help="declare the ones that are needed first further up")
    return faulty(span)


def _evaluate(name: str, book: Book) -> Const:
    let, scope = book.lets[name], Scope(book)
    kind = declared_type(let.type, book) if let.type else None
    expr = scope.typed(let.value, kind)
    if kind is not None:
        expr = fit(expr, scope, kind, f"`{name}`")
    value = known(expr, scope, f"`let {name}` outside of a hook")
    return replace(value, type=kind if kind and value.type != ERROR else value.type, source=name)


def _cycle(name: str, span: Span, book: Book) -> Const:
    chain = [*book.evaluating[book.evaluating.index(name) :], name]
    notes = [Note(book.lets[link].name.span, f"`{link}` is defined here") for link in chain[:-1]]
    book.findings.add(
        "Q208",
        span,
        f"`{name}` is defined by itself: " + " → ".join(f"`{link}`" for link in chain),
        why="a value cannot be worked out from itself",
        notes=notes,
    )
    return faulty(span)


def known(expr: Expr, scope: Scope, role: str) -> Const:
    """The value of an expression that must be known when the rules load; `role` says what needs it."""
    if expr.type == ERROR:
        return faulty(expr.span)
    if isinstance(expr, Const):
        return expr
    if any(isinstance(part, typed.Local) and part.stand_in for part in parts(expr)):
        return faulty(expr.span)
    try:
        return Const(expr.span, expr.type, _value(expr))
    except _NotKnown as error:
        scope.findings.add(
            "Q408",
            error.expr.span,
            f"{role} must be known when the rules load",
            why="this is only known while a message is on its way",
            allowed="literals, lists, `let` constants, and functions that compute from those alone",
        )
        return faulty(expr.span)


def known_value(expr: Expr) -> Expr:
    """The expression, as its value where that is known when the rules load."""
    if isinstance(expr, Const):
        return expr
    try:
        return Const(expr.span, expr.type, _value(expr))
    except _NotKnown:
        return expr


class _NotKnown(Exception):
    def __init__(self, expr: Expr) -> None:
        super().__init__()
        self.expr = expr


def _value(expr: Expr) -> Any:
    match expr:
        case Const():
            return expr.value
        case typed.Not():
            return not _value(expr.operand)
        case typed.And():
            return _value(expr.left) and _value(expr.right)
        case typed.Or():
            return _value(expr.left) or _value(expr.right)
        case typed.Compare() | typed.Arithmetic():
            return _OPERATORS[expr.operator](_there(expr.left), _there(expr.right))
        case typed.Contains():
            return _there(expr.item) in _there(expr.collection)
        case typed.Folded():
            return str(_there(expr.text)).lower()
        case typed.Matches():
            return expr.pattern.value.search(_there(expr.text)) is not None
        case typed.Default():
            value = _value(expr.value)
            return _value(expr.otherwise) if value is None else value
        case typed.Present():
            value = _value(expr.value)
            return value is not None and (expr.value.type.optional or bool(value))
        case typed.Item():
            return _there(expr.of).get(_there(expr.key))
        case typed.Builtin():
            return BUILTINS[expr.name].code(*map(_there, expr.arguments))
        case typed.Field():
            return getattr(_there(expr.of), expr.name)
        case _:
            raise _NotKnown(expr)


def _there(expr: Expr) -> Any:
    """The value of an operand. An absent one stands where nobody gets to: a test in front of it has found it absent."""
    value = _value(expr)
    if value is None:
        raise _NotKnown(expr)
    return value
