"""Decides whether two expressions ask the same thing, wherever they stand. Knows no values and no hook."""

from __future__ import annotations

from collections.abc import Hashable

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import children


def likeness(expression: x.Expr) -> Hashable:
    """Equal for expressions that are the same but for their places."""
    own: Hashable = ()
    match expression:
        case x.Const(value=value):
            own = _of_value(value)
        case x.Read(name=row):
            own = row.code
        case x.Local(key=name) | x.Field(name=name) | x.Builtin(name=name):
            own = name
        case x.FunctionCall(function=function):
            own = function.name
        case x.Compare(operator=sign) | x.Arithmetic(operator=sign):
            own = sign
        case x.Template(source=source):
            own = source
    return (type(expression).__name__, own, *(likeness(child) for child in children(expression)))


def _of_value(value: object) -> Hashable:
    """Lists and data files are the same when they are the same object: constants and files are read once."""
    return value if isinstance(value, (str, int, float, bool, tuple, frozenset)) or value is None else id(value)
