"""Expressions of the typed model as Python expressions.

What cannot fail becomes one plain Python expression. Where a call may fail, operands become temporaries, left to
right, and the operator is applied only when all of them are known; `and`, `or` and `??` skip what they need not ask.
Which is which is decided here and nowhere else; what a statement does with an unknown value is not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.calls import called, shown
from qpsmtpd.dsl.emit.frame import Frame
from qpsmtpd.dsl.emit.pool import builtin
from qpsmtpd.dsl.model.types import TEXT

Operands = list[ast.expr]


def value(f: Frame, e: typed.Expr) -> ast.expr:
    """The Python expression of `e`; what it needs first is added to the frame. It is unknown where `f.fallible(e)` says it may be."""
    if not f.stated(e):
        return _plain(f, e)
    match e:
        case typed.And() | typed.Or():
            return _junction(f, e)
        case typed.Default():
            return _default(f, e)
        case typed.Local():
            return f.placed(nodes.name(local(e.key)), e.span)
        case typed.Traced():
            return _seen(f, e)
        case _:
            return _strict(f, e)


def _plain(f: Frame, e: typed.Expr) -> ast.expr:
    """One Python expression: nothing in it needs statements."""
    made: ast.expr
    match e:
        case typed.And() | typed.Or():
            operator = ast.And() if isinstance(e, typed.And) else ast.Or()
            made = ast.BoolOp(operator, [_plain(f, e.left), _plain(f, e.right)])
        case typed.Default():
            kept = ast.Name(f.temporary(), ast.Store())
            test = ast.Compare(ast.NamedExpr(kept, _plain(f, e.value)), [ast.IsNot()], [nodes.constant(None)])
            made = ast.IfExp(test, nodes.name(kept.id), _plain(f, e.otherwise))
        case _:
            made = _BUILD[type(e)](f, e, [_plain(f, operand) for operand in operands(e)])
            reason = f.reason(e)
            made = ast.NamedExpr(ast.Name(reason, ast.Store()), made) if reason else made
    return f.placed(made, e.span)


def operands(e: typed.Expr) -> tuple[typed.Expr, ...]:
    """What an operator needs the values of, in the order of asking."""
    match e:
        case typed.FunctionCall() | typed.Builtin():
            return e.arguments
        case typed.Template():
            return e.values
        case _:
            return tuple(getattr(e, field) for field in _OPERANDS[type(e)])


def _strict(f: Frame, e: typed.Expr) -> ast.expr:
    """An operator that gives unknown as soon as one operand is unknown, and then is not applied."""
    given: list[ast.expr] = []
    unsure: list[ast.expr] = []
    for operand in operands(e):
        held = steady(f, operand)
        given.append(held)
        if f.fallible(operand):
            unsure.append(held)
    if not unsure and not isinstance(e, typed.FunctionCall):
        return f.placed(_BUILD[type(e)](f, e, given), e.span)
    target = f.temporary()
    guarded: list[ast.stmt] = []
    with f.into(guarded if unsure else f.body):
        if isinstance(e, typed.FunctionCall):
            called(f, e, given, target)
        else:
            f.keep(_BUILD[type(e)](f, e, given), e.span, target)
    if unsure:
        f.keep(nodes.call("spread", *unsure), e.span, target)
        f.add(nodes.when(nodes.is_none(nodes.name(target)), guarded), e.span)
    if f.reason(e):
        f.keep(nodes.name(target), e.span, f.reason(e))
    return nodes.name(target)


def steady(f: Frame, e: typed.Expr) -> ast.expr:
    """The value as an expression that may be written twice and later: a constant, a name, a fact of the session."""
    made = value(f, e)
    if isinstance(made, ast.Constant | ast.Name) or (isinstance(e, typed.Read) and not isinstance(made, ast.Call)):
        return made
    return nodes.name(f.keep(made, e.span))


def _junction(f: Frame, e: typed.And | typed.Or) -> ast.expr:
    """`and` and `or` by Kleene's logic: the right side is asked unless the left one settles it."""
    target = f.keep(value(f, e.left), e.left.span)
    more: list[ast.stmt] = []
    with f.into(more):
        right = value(f, e.right)
        if f.fallible(e.left):
            right = nodes.call("both" if isinstance(e, typed.And) else "either", nodes.name(target), right)
        f.keep(right, e.right.span, target)
    test: ast.expr = nodes.name(target) if isinstance(e, typed.And) else nodes.no(nodes.name(target))
    if f.fallible(e.left):
        test = ast.BoolOp(ast.Or(), [*nodes.is_unknown(target).values, test])
    f.add(nodes.when(test, more), e.span)
    return nodes.name(target)


def _default(f: Frame, e: typed.Default) -> ast.expr:
    target = f.keep(value(f, e.value), e.value.span)
    more: list[ast.stmt] = []
    with f.into(more):
        f.keep(value(f, e.otherwise), e.otherwise.span, target)
    f.add(nodes.when(nodes.is_none(nodes.name(target)), more), e.span)
    return nodes.name(target)


def _seen(f: Frame, e: typed.Traced) -> ast.expr:
    """A value that the session is told, also when it is unknown."""
    held = steady(f, e.expr)
    f.add(ast.Expr(_traced(f, e, [held])), e.span)
    return held


# --- one operator each, over operands that are known


def _const(f: Frame, e: typed.Const, given: Operands) -> ast.expr:
    if e.value is None or type(e.value) in (bool, int, float, str):
        return nodes.constant(e.value)
    return nodes.name(f.pool.value(e.value, e.span))


def _read(f: Frame, e: typed.Read, given: Operands) -> ast.expr:
    return nodes.path(e.name.code)


def _local(f: Frame, e: typed.Local, given: Operands) -> ast.expr:
    return nodes.name(local(e.key))


def local(key: str) -> str:
    """The Python name of a `let`, apart from every name of ours."""
    return f"let_{key}"


def _field(f: Frame, e: typed.Field, given: Operands) -> ast.expr:
    if e.of.type.name == "header" and e.type.present() == TEXT:
        return _get(given[0], nodes.constant(e.name.replace("_", "-")))
    if e.of.type.cases and e.type.optional:  # a value of the enumeration that need not have the field
        return nodes.call("getattr", given[0], nodes.constant(e.name), nodes.constant(None))
    return nodes.attribute(given[0], e.name)


def _item(f: Frame, e: typed.Item, given: Operands) -> ast.expr:
    return _get(given[0], given[1])


def _get(of: ast.expr, key: ast.expr) -> ast.expr:
    return nodes.call(nodes.attribute(of, "get"), key)


def _not(f: Frame, e: typed.Not, given: Operands) -> ast.expr:
    return nodes.no(given[0])


_COMPARISONS: Mapping[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}


def _compare(f: Frame, e: typed.Compare, given: Operands) -> ast.expr:
    return nodes.compare(given[0], _COMPARISONS[e.operator](), given[1])


def _contains(f: Frame, e: typed.Contains, given: Operands) -> ast.expr:
    return nodes.compare(given[0], ast.In(), given[1])


def _folded(f: Frame, e: typed.Folded, given: Operands) -> ast.expr:
    return nodes.call(nodes.attribute(given[0], "lower"))


def _matches(f: Frame, e: typed.Matches, given: Operands) -> ast.expr:
    found = nodes.call(nodes.attribute(given[1], "search"), given[0])
    return nodes.compare(found, ast.IsNot(), nodes.constant(None))


def _arithmetic(f: Frame, e: typed.Arithmetic, given: Operands) -> ast.expr:
    return ast.BinOp(given[0], ast.Add() if e.operator == "+" else ast.Sub(), given[1])


def _present(f: Frame, e: typed.Present, given: Operands) -> ast.expr:
    if isinstance(e.value, typed.Const) and e.value.type.optional:
        return nodes.constant(e.value.value is not None)
    if e.value.type.optional:
        return nodes.compare(given[0], ast.IsNot(), nodes.constant(None))
    return nodes.call("bool", given[0])


def _builtin(f: Frame, e: typed.Builtin, given: Operands) -> ast.expr:
    return nodes.call(builtin(e.name), *given)


def _template(f: Frame, e: typed.Template, given: Operands) -> ast.expr:
    return nodes.call(f.pool.template(e), *given)


def _call(f: Frame, e: typed.FunctionCall, given: Operands) -> ast.expr:
    return shown(f, e, given)


def _traced(f: Frame, e: typed.Traced, given: Operands) -> ast.expr:
    return nodes.call("s.saw", nodes.constant(e.number), given[0])


_BUILD: Mapping[type, Callable[[Frame, Any, Operands], ast.expr]] = {
    typed.Const: _const,
    typed.Read: _read,
    typed.Local: _local,
    typed.Field: _field,
    typed.Item: _item,
    typed.FunctionCall: _call,
    typed.Not: _not,
    typed.Compare: _compare,
    typed.Contains: _contains,
    typed.Folded: _folded,
    typed.Matches: _matches,
    typed.Arithmetic: _arithmetic,
    typed.Present: _present,
    typed.Builtin: _builtin,
    typed.Template: _template,
    typed.Traced: _traced,
}

_OPERANDS: Mapping[type, tuple[str, ...]] = {
    typed.Const: (),
    typed.Read: (),
    typed.Local: (),
    typed.Field: ("of",),
    typed.Item: ("of", "key"),
    typed.Not: ("operand",),
    typed.Compare: ("left", "right"),
    typed.Contains: ("item", "collection"),
    typed.Folded: ("text",),
    typed.Matches: ("text", "pattern"),
    typed.Arithmetic: ("left", "right"),
    typed.Present: ("value",),
    typed.Traced: ("expr",),
}
