"""Decides what a call of one of the language's own functions means: `len lower exact any_in all_in` and `header.all(…)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.constants import known_value
from qpsmtpd.dsl.check.fitting import absent, fit, wanted
from qpsmtpd.dsl.check.operators import searched
from qpsmtpd.dsl.check.typed import Expr
from qpsmtpd.dsl.check.wording import a, spelled
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.builtins import BUILTINS, FREE
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Attribute, Call


def builtin(node: Call, name: str, scope: Scope) -> Expr:
    """A call of the language's own function of that name."""
    arguments = _arguments(node, name, scope)
    made = _MEANINGS[name](node, arguments, scope) if arguments is not None else faulty(node.span)
    return known_value(made)


def method(node: Call, of: Attribute, scope: Scope) -> Expr:
    """A call on a value: only a header has one, `header.all("Received")`."""
    value = scope.typed(of.of)
    if value.type == t.ERROR:
        return value
    if value.type.name != "header" or of.name.text != "all":
        scope.findings.add(
            "Q215",
            node.span,
            f"{a(value.type)} has nothing to call by the name `{of.name.text}`",
            allowed='functions are called by their name alone; of values only a header has a call, `header.all("Received")`',
            help=_as_function(of.name.text, value) or (suggestion(of.name.text, ["all"]) if value.type.name == "header" else ""),
        )
        return faulty(node.span)
    arguments = _arguments(node, "all", scope)
    if arguments is None:
        return faulty(node.span)
    name = wanted(arguments[0], scope, t.TEXT, "the name of a header field")
    return _made(node, "all", t.list_of(t.TEXT), value, name)


def _as_function(name: str, value: Expr) -> str:
    return f"write `{name}({spelled(value)})`" if name in FREE else ""


def _arguments(node: Call, name: str, scope: Scope) -> list[tree.Expression] | None:
    form = BUILTINS[name].form
    count = form.count(",") + 1
    written = [argument.value for argument in node.arguments if argument.name is None]
    values = [value for value in written if not isinstance(value, tree.Verdict)]
    if len(values) == len(node.arguments) == count:
        return values
    scope.findings.add(
        "Q211", node.span, f"`{name}` takes {'one argument' if count == 1 else 'two arguments'}", help=f"write `{form}`"
    )
    return None


def _made(node: Call, name: str, kind: t.Type, *arguments: Expr) -> Expr:
    if any(argument.type == t.ERROR for argument in arguments):
        return faulty(node.span)
    return typed.Builtin(node.span, kind, name, arguments)


def _present(node: tree.Expression, scope: Scope) -> Expr:
    value = scope.typed(node)
    return absent(value, scope) if value.type.optional else value


def _len(node: Call, given: list[tree.Expression], scope: Scope) -> Expr:
    value = _present(given[0], scope)
    if value.type != t.ERROR and value.type.name not in ("text", "domain", "list", "map"):
        scope.findings.add("Q401", value.span, f"`len` counts a text, a list or a map, and this is {a(value.type)}")
        return faulty(node.span)
    return _made(node, "len", t.NUMBER, value)


def _lower(node: Call, given: list[tree.Expression], scope: Scope) -> Expr:
    return _made(node, "lower", t.TEXT, wanted(given[0], scope, t.TEXT, "the argument of `lower`"))


def _exact(node: Call, given: list[tree.Expression], scope: Scope) -> Expr:
    value = wanted(given[0], scope, t.TEXT, "the argument of `exact`")
    return value if value.type == t.ERROR else replace(value, span=node.span, type=t.TEXT)


def _members(name: str) -> Callable[[Call, list[tree.Expression], Scope], Expr]:
    def made(node: Call, given: list[tree.Expression], scope: Scope) -> Expr:
        values = _present(given[0], scope)
        if values.type == t.ERROR:
            return values
        if values.type.name != "list" or values.type.of is None:
            scope.findings.add("Q401", values.span, f"`{name}` looks for the entries of a list, and this is {a(values.type)}")
            return faulty(node.span)
        element = values.type.of
        found = searched(given[1], scope, t.NETWORK if element == t.IP else element)
        kind = t.list_of(t.NETWORK) if element == t.IP else t.list_of(element)
        return _made(node, name, t.BOOL, values, fit(found, scope, kind, f"the collection of `{name}`"))

    return made


_MEANINGS: Mapping[str, Callable[[Call, list[tree.Expression], Scope], Expr]] = {
    "len": _len,
    "lower": _lower,
    "exact": _exact,
    "any_in": _members("any_in"),
    "all_in": _members("all_in"),
}
