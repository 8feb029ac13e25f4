"""Decides what a condition tells about values that may be absent: which are present where it is true, which where it is false.

What it says of "false" also holds where the condition is unknown, but for values that are then unknown themselves: so a
rule that reads them does nothing, and no absent value is ever used.
"""

from __future__ import annotations

from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Path
from qpsmtpd.dsl.check.typed import Expr
from qpsmtpd.dsl.model.functions import Kind, Scope
from qpsmtpd.dsl.model.types import ADDRESS
from qpsmtpd.dsl.model.values import NULL_SENDER

Facts = frozenset[Path]
NOTHING: Facts = frozenset()


def path(expr: Expr) -> Path | None:
    """Names the value, when reading it twice in one hook gives the same; else None."""
    match expr:
        case typed.Read(name=row) if row.code == "t.sender.domain":
            return ("sender", "domain")
        case typed.Read(name=row):
            return (row.name,)
        case typed.Local(key=key):
            return ("let", key)
        case typed.Const(value=str() | int() | float() | None as value):
            return ("constant", value)
        case typed.Const(value=value):
            return ("constant", id(value))
        case typed.Field(of=of, name=name):
            return _below(path(of), name)
        case typed.Item(of=of, key=key):
            return _below(path(of), "[]", path(key))
        case typed.FunctionCall(function=function) if function.kind is Kind.PURE or function.scope is not Scope.CALL:
            return _below(("call", function.name), *(path(argument) for argument in expr.arguments))
        case _:
            return None


def _below(upper: Path | None, *steps: object) -> Path | None:
    return None if upper is None or None in steps else (*upper, *steps)


def narrowed(expr: Expr, present: Facts) -> Expr:
    """The expression without its `?`, where it is known to be present."""
    return replace(expr, type=expr.type.present()) if expr.type.optional and path(expr) in present else expr


def tested(expr: Expr, present: Facts) -> bool:
    """True for a value that may be absent as such, and was found to be there: to ask again is no mistake, a define may do so."""
    return not expr.type.optional and path(expr) in present


def when_true(condition: Expr) -> Facts:
    """What is present where the condition is true."""
    match condition:
        case typed.Present(value=value):
            return _presence(value)
        case typed.Not(operand=operand):
            return when_false(operand)
        case typed.And(left=left, right=right):
            return when_true(left) | when_true(right)
        case typed.Or(left=left, right=right):
            return when_true(left) & when_true(right)
        case typed.Compare(operator="!="):
            return _not_null(condition)
        case _:
            return NOTHING


def when_false(condition: Expr) -> Facts:
    """What is present where the condition is not true."""
    match condition:
        case typed.Not(operand=operand):
            return when_true(operand)
        case typed.And(left=left, right=right):
            return when_false(left) & when_false(right)
        case typed.Or(left=left, right=right):
            return when_false(left) | when_false(right)
        case typed.Compare(operator="=="):
            return _not_null(condition)
        case _:
            return NOTHING


def _presence(value: Expr) -> Facts:
    found = path(value)
    if found is None:
        return NOTHING
    whole = isinstance(value, typed.Field) and value.of.type.same(ADDRESS)
    return _parts(found[:-1]) if whole or found == ("sender", "domain") else frozenset({found})


def _not_null(comparison: typed.Compare) -> Facts:
    """An address that is not the null sender has both its parts."""
    for one, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        if isinstance(other, typed.Const) and other.value is NULL_SENDER:
            found = path(one)
            return NOTHING if found is None else _parts(found)
    return NOTHING


def _parts(address: Path) -> Facts:
    return frozenset({(*address, "local"), (*address, "domain")})
