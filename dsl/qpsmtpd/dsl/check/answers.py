"""Decides what `given CALL = value` means: which function, which arguments, and a value that the function could answer.

Values with fields are written as a call of their name, `listing(reason = "spam")`; fields that are left out have their
default, or an empty value. What became of a delivery is `delivered`, `refused` or `deferred`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qpsmtpd.dsl.check.arguments import argument
from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.constants import known
from qpsmtpd.dsl.check.fitting import wanted
from qpsmtpd.dsl.check.given import bare, given_to
from qpsmtpd.dsl.check.trials import Given
from qpsmtpd.dsl.check.wording import a, words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Function, Kind
from qpsmtpd.dsl.model.types import ERROR, Type, of_annotation
from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.dsl.syntax import tree

_Made = Callable[..., Any]


def given(node: tree.Given, scope: Scope) -> Given | None:
    """The step; None after a finding."""
    call = node.call if isinstance(node.call, tree.Call) else tree.Call(node.call.span, node.call, ())
    function = _function(call.of, scope)
    if function is None:
        return None
    arguments = _arguments(call, function, scope)
    if arguments is None:
        return None
    if node.value is None:
        return Given(node.span, function, arguments, fails=True) if _may_fail(node, function, scope) else None
    found = _answer(node.value, function, scope)
    return None if found is None else Given(node.span, function, arguments, found.value)


def _function(node: tree.Expression, scope: Scope) -> Function | None:
    name = node.text if isinstance(node, tree.Name) else ""
    function = scope.book.catalogue.get(name)
    if function is None:
        fault = f"there is no function `{name}`" if name else "what is given is the answer of a function"
        why = "a `define` is put in place; give what it calls" if name in scope.book.defines else ""
        scope.findings.add("Q202", node.span, fault, why=why, help=suggestion(name, scope.book.catalogue))
    elif function.kind is Kind.EFFECT or (function.kind is Kind.PURE and not function.services):
        why = (
            "it has no answer"
            if function.kind is Kind.EFFECT
            else "it computes from its arguments alone, so its answer is no matter of the outside world"
        )
        scope.findings.add("Q803", node.span, f"no answer can be given for `{name}`", why=why)
        return None
    return function


def _may_fail(node: tree.Given, function: Function, scope: Scope) -> bool:
    if function.may_fail or function.kind is not Kind.PURE:
        return True
    scope.findings.add("Q803", node.span, f"`{function.name}` cannot fail", why="it asks nobody")
    return False


def _arguments(call: tree.Call, function: Function, scope: Scope) -> tuple[tuple[int, Any], ...] | None:
    """The written arguments by position, worked out; None after a finding."""
    names = [p.name for p in function.parameters]
    written = given_to(call.arguments, names, f"`{function.name}`", scope)
    if written is None:
        return None
    found: dict[int, Any] = {}
    for place, parameter in enumerate(function.parameters):
        if parameter.name in written:
            role = f"`{parameter.name}` of `{function.name}`"
            value = known(argument(bare(written[parameter.name]), parameter, function, scope), scope, role)
            if value.type == ERROR:
                return None
            found[place] = value.value
    return tuple(found.items())


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that may be None."""

    value: Any


def _answer(node: tree.Expression, function: Function, scope: Scope) -> _Value | None:
    name = _named(node)
    made = _constructors(function).get(name)
    if made is not None:
        return _record(node, name, made, scope)
    if function.kind is Kind.DELIVERY:
        _not_possible(node, function, scope, "what becomes of a delivery is no such value")
        return None
    kind = function.returns
    if isinstance(node, tree.Name) and name in kind.present().members:
        return _Value(_enumeration(function)(name))
    chosen = kind.present().fields or kind.present().members
    if chosen and not (kind.optional and name == "none"):
        _not_possible(node, function, scope, f"`{function.name}` answers {a(kind)}")
        return None
    found = known(wanted(node, scope, kind, f"the answer of `{function.name}`"), scope, "an answer that is given")
    return None if found.type == ERROR else _Value(found.value)


def _named(node: tree.Expression) -> str:
    """The bare word, or the name of what is called."""
    inner = node.of if isinstance(node, tree.Call) else node
    return inner.text if isinstance(inner, tree.Name) else ""


def _not_possible(node: tree.Expression, function: Function, scope: Scope, why: str) -> None:
    kind = function.returns
    possible = [*_constructors(function), *kind.present().members, *(["none"] if kind.optional else [])]
    help = suggestion(_named(node), possible)
    message = f"`{function.name}` cannot answer that"
    scope.findings.add("Q803", node.span, message, why=why, allowed=words(possible), help=help)


def _record(node: tree.Expression, name: str, made: _Made, scope: Scope) -> _Value | None:
    fields = _fields(made)
    written = given_to(node.arguments if isinstance(node, tree.Call) else (), [*fields], f"`{name}`", scope)
    if written is None:
        return None
    values = {field: default for field, (_, default) in fields.items() if default is not _NOTHING}
    for field, said in written.items():
        role = f"`{field}` of `{name}`"
        value = known(wanted(bare(said), scope, fields[field][0], role), scope, role)
        if value.type == ERROR:
            return None
        values[field] = value.value
    missing = [field for field in fields if field not in values]
    if missing:
        scope.findings.add("Q803", node.span, f"`{name}` needs {words(missing, 'and')}", help=f"write `{name}({missing[0]} = …)`")
        return None
    return _Value(made(**values))


# --- what the signature says


def _delivered(text: str = "Taken by the test") -> Delivery:
    return Delivery(True, text)


def _refused(text: str = "Refused by the test", enhanced: str = "") -> Delivery:
    return Delivery(False, text, refused=True, enhanced=enhanced)


def _deferred(text: str = "Deferred by the test", enhanced: str = "") -> Delivery:
    return Delivery(False, text, enhanced=enhanced)


_DELIVERIES: Mapping[str, _Made] = {"delivered": _delivered, "refused": _refused, "deferred": _deferred}
_NOTHING: Any = object()
_EMPTY: Mapping[str, Any] = {"text": "", "number": 0, "bool": False, "duration": 0.0, "size": 0, "list": (), "map": {}}
"""What a field holds that nothing is said about and that has no default, by its type."""


def _constructors(function: Function) -> Mapping[str, _Made]:
    """What makes the values with fields that a function can answer, by their names in rules."""
    if function.kind is Kind.DELIVERY:
        return _DELIVERIES
    return {c.__name__.lower(): c for c in _classes(function.code) if dataclasses.is_dataclass(c)}


def _enumeration(function: Function) -> Callable[[str], Any]:
    """What makes a value of the enumeration that a function answers, from its name."""
    return next(c for c in _classes(function.code) if issubclass(c, enum.Enum))


@functools.cache
def _classes(code: Callable[..., Any]) -> tuple[type, ...]:
    """The classes that the code's answers have."""

    def inside(hint: Any) -> list[type]:
        if typing.get_origin(hint) is typing.Annotated:
            return inside(typing.get_args(hint)[0])
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            return [c for arg in typing.get_args(hint) for c in inside(arg)]
        return [hint] if isinstance(hint, type) else []

    return tuple(inside(typing.get_type_hints(code, include_extras=True).get("return")))


def _fields(made: _Made) -> Mapping[str, tuple[Type, Any]]:
    """Each field with its type and what it holds when nothing is said."""
    if not dataclasses.is_dataclass(made):
        return {p.name: (t.TEXT, p.default) for p in inspect.signature(made).parameters.values()}
    hints = typing.get_type_hints(made, include_extras=True)
    return {f.name: (kind := of_annotation(hints[f.name]), _default(f, kind)) for f in dataclasses.fields(made)}


def _default(field: dataclasses.Field[Any], kind: Type) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if kind.optional else _EMPTY.get(kind.name, _NOTHING)
