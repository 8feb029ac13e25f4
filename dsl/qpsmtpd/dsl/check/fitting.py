"""Decides whether a value may stand where a type is wanted. There is no conversion here: literals were converted before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.typed import Expr
from qpsmtpd.dsl.check.wording import a, spelled
from qpsmtpd.dsl.model.types import ABSENT, DURATION, ERROR, KEY, KEYS, NUMBER, RATE, SCALARS, SIZE, TEMPLATE, TEXT, Type
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.literals import number

_TERMINALS: Mapping[Type, tuple[str, ...]] = {
    NUMBER: ("NUMBER", "CODE"),
    DURATION: ("DURATION",),
    SIZE: ("SIZE",),
    RATE: ("RATE",),
}
_UNITS: Mapping[Type, tuple[str, str]] = {
    DURATION: ("s", "a duration has one of the units ms s m h d w"),
    SIZE: ("KB", "a size has one of the units B KB MB GB KiB MiB GiB"),
    RATE: ("/1h", "a rate is a number of events in a time, as in 300/1h"),
}


def wanted(node: tree.Expression, scope: Scope, kind: Type, role: str) -> Expr:
    """The node as a value of that type; `role` names who wants it, as in "`wait` of `earlytalker`"."""
    return fit(scope.typed(node, kind), scope, kind, role)


def wanted_for(param: str, node: tree.Expression, scope: Scope, kind: Type) -> Expr:
    """The node as the value of a parameter of rules: what is declared as `T?` may be absent in them, whatever is written for it."""
    value = wanted(node, scope, kind, f"`{param}`")
    return replace(value, type=kind) if kind.optional and value.type != ERROR else value


def fit(expr: Expr, scope: Scope, kind: Type, role: str) -> Expr:
    """The value if it has that type, else a finding and a value that is silent."""
    if ERROR in (expr.type, kind) or suits(expr.type, kind):
        return expr
    if kind == TEMPLATE and expr.type.same(TEXT):
        return typed.Template(expr.span, TEMPLATE, "{{ v0 }}", (expr,))
    if expr.type.optional and suits(expr.type.present(), kind):
        return absent(expr, scope)
    if isinstance(expr, typed.Const) and _unit(expr, scope, kind, role):
        return faulty(expr.span)
    scope.findings.add(
        "Q401",
        expr.span,
        f"{role} must be {a(kind)}, but {_named(expr)} is {a(expr.type)}",
        why="values are not converted from one type to another",
        help=_remedy(expr, kind),
    )
    return faulty(expr.span)


def suits(given: Type, kind: Type) -> bool:
    """True when a value of the first type may stand where the second is wanted."""
    if kind.optional:
        return given == ABSENT or suits(given.present(), kind.present())
    return given.same(kind) or (given == TEMPLATE and kind == TEXT) or (kind == KEY and given.name in KEYS)


def absent(expr: Expr, scope: Scope, remedy: str = "") -> Expr:
    """Reports a value that may be absent and was not tested."""
    if scope.unsure:
        return faulty(expr.span)
    name = spelled(expr)
    scope.findings.add(
        "Q405",
        expr.span,
        f"`{name}` may be absent here",
        why=_when_absent(expr),
        allowed="it can be used where it was tested before, or with a default behind `??`",
        help=remedy or f"test it first, as in `if {name} and …`, or write `{name} ?? …`",
    )
    return faulty(expr.span)


def _when_absent(expr: Expr) -> str:
    match expr:
        case typed.Field(of=typed.Read(name=row), name=name) if row.name == "helo":
            return "it is absent when HELO gave an address literal" if name == "domain" else "it is absent when HELO gave a name"
        case typed.Field(of=typed.Read(name=row)) | typed.Item(of=typed.Read(name=row)) if row.name == "header":
            return "it is absent when the message has no such header field"
        case typed.Read(name=row) | typed.Field(of=typed.Read(name=row)) if row.name in ("sender", "domain"):
            return "it is absent when the sender is `<>`, the null sender of bounces"
        case typed.Item():
            return "it is absent when there is no such entry"
        case typed.FunctionCall(function=function):
            return f"it is absent when `{function.name}` finds nothing"
        case _:
            return "its type ends in `?`"


def _unit(expr: typed.Const, scope: Scope, kind: Type, role: str) -> bool:
    target = kind.present()
    if expr.type == NUMBER and target in _UNITS:
        unit, why = _UNITS[target]
        message = f"{role} must be {a(target)}: `{expr.value}` has no unit"
        scope.findings.add("Q403", expr.span, message, why=why, help=f"write `{expr.value}{unit}`")
        return True
    if expr.type in _UNITS and (target == NUMBER or target in _UNITS):
        message = f"{role} must be {a(target)}, but {_named(expr)} is {a(expr.type)}"
        why = _UNITS[target][1] if target in _UNITS else "a number has no unit"
        scope.findings.add("Q403", expr.span, message, why=why)
        return True
    return False


def _named(expr: Expr) -> str:
    return "this" if isinstance(expr, typed.Const) and not expr.source else f"`{spelled(expr)}`"


def _literal_of(text: str, kind: Type) -> bool:
    """True when the text, without its quotes, would be a literal of that type."""
    if not text[:1].isdigit():
        return False
    read = number(text)
    return not read.fault and read.terminal in _TERMINALS.get(kind, ())


def _remedy(expr: Expr, kind: Type) -> str:
    target = kind.present()
    if isinstance(expr, typed.Const) and expr.type == TEXT and _literal_of(str(expr.value), target):
        return f"write `{expr.value}` without quotes" + (f" where `{expr.source}` is declared" if expr.source else "")
    if isinstance(expr, typed.Const) and expr.source and expr.type.name == "list" and target.name == "list":
        return f"declare its type: `let {expr.source}: {target} = …`"
    if expr.type.name == "address" and target.name in ("domain", "text"):
        return f"write `{spelled(expr)}.{'domain' if target.name == 'domain' else 'local'}`"
    if target == TEMPLATE and expr.type.name in SCALARS and not isinstance(expr, typed.Const):
        return f'write `"{{{{ {spelled(expr)} }}}}"`'
    if target.name == "list" and target.of is not None and expr.type.same(target.of):
        return "put it in brackets: `[…]`"
    return ""
