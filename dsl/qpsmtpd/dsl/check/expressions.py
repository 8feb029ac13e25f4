"""Decides what an expression means and which type it has: names, literals, attributes, elements of maps.

Operators, calls and templates have files of their own. A fault becomes one finding and a value of type ERROR, whose
uses are silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.calls import call, read_by_call
from qpsmtpd.dsl.check.constants import constant, known
from qpsmtpd.dsl.check.fitting import absent, fit, wanted
from qpsmtpd.dsl.check.idle_entries import report_idle_entries
from qpsmtpd.dsl.check.literals import LISTED, READERS, Malformed
from qpsmtpd.dsl.check.narrowing import narrowed
from qpsmtpd.dsl.check.operators import binary, unary
from qpsmtpd.dsl.check.templates import has_holes, template
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.unknown_names import too_early, unknown_name
from qpsmtpd.dsl.check.wording import a, spelled, words
from qpsmtpd.dsl.check.written_patterns import written_pattern
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.hooks import READABLE, Readable, is_known, readable
from qpsmtpd.dsl.model.types import Type, list_of
from qpsmtpd.dsl.model.values import NULL_SENDER, AddressSet, DomainSet, NetworkSet
from qpsmtpd.dsl.syntax import tree


def expression(node: tree.Expression, scope: Scope, wanted: Type | None) -> Expr:
    """The node with its type, narrowed by what is known to be present here."""
    if scope.book.depth == 0:
        scope.book.expansions = 0
    scope.book.depth += 1
    expr = _meaning(node, scope, wanted)
    scope.book.depth -= 1
    return narrowed(expr, scope.present)


def _meaning(node: tree.Expression, scope: Scope, wanted: Type | None) -> Expr:
    match node:
        case tree.Name():
            return _name(node, scope, wanted)
        case tree.Literal():
            return _literal(node, scope, wanted)
        case tree.ListLiteral():
            return _list(node, scope, wanted)
        case tree.MapLiteral():
            return _map(node, scope, wanted)
        case tree.Attribute():
            return _attribute(node, scope)
        case tree.Index():
            return _index(node, scope)
        case tree.Call():
            return call(node, scope)
        case tree.Unary():
            return unary(node, scope)
        case tree.Binary():
            return binary(node, scope)


def _name(node: tree.Name, scope: Scope, wanted: Type | None) -> Expr:
    name, book = node.text, scope.book
    if wanted is not None and name in wanted.present().members:
        return Const(node.span, wanted.present(), name)
    if name == "none":
        return Const(node.span, t.ABSENT, None)
    if name in scope.values:
        return replace(scope.values[name], span=node.span)
    if name in book.lets:
        book.used_lets.add(name)
        return constant(name, node.span, book)
    if name in scope.variables:
        return _variable(node, scope.variables[name], scope)
    if name not in READABLE:
        return unknown_name(node, scope, wanted)
    row = readable(name, scope.hook) if scope.hook else None
    if row is None:
        return too_early(node, READABLE[name], scope)
    if name == "listener":
        return typed.Read(node.span, t.enumeration("listener", book.listeners), row)
    return typed.Read(node.span, row.type, row) if row.code else read_by_call(node, row, scope)


def _variable(node: tree.Name, row: Readable, scope: Scope) -> Expr:
    scope.book.used_vars.add(row.code)
    if not scope.hook or not is_known(row, scope.hook):
        return too_early(node, (row,), scope)
    return typed.Read(node.span, row.type, row)


def _literal(node: tree.Literal, scope: Scope, wanted: Type | None) -> Expr:
    if node.kind == "text":
        return _text(node, scope, wanted.present() if wanted else t.TEXT)
    if node.kind == "number" and node.value is None:  # it is malformed, and has been told so
        return faulty(node.span)
    if node.kind == "pattern":
        return written_pattern(node, scope)
    if node.kind == "null_sender":
        return Const(node.span, t.ADDRESS, NULL_SENDER, source=node.raw)
    return Const(node.span, t.SCALARS[node.kind], node.value)


def _text(node: tree.Literal, scope: Scope, kind: Type) -> Expr:
    if kind in (t.TEMPLATE, t.KEY):
        return template(node, str(node.value), scope)
    if has_holes(node):
        scope.findings.add(
            "Q407",
            node.span,
            "`{{` cannot stand in this text: it is not a template",
            allowed="templates are the messages of verdicts, `log(…)`, and parameters of functions that say so",
            help="where the value itself is wanted, write it without quotes and braces",
        )
        return faulty(node.span)
    if node.value in kind.members:
        return Const(node.span, kind, node.value)
    if kind.name not in READERS:
        return Const(node.span, t.TEXT, node.value)
    return _read(node, kind, READERS[kind.name], scope)


def _read(node: tree.Literal, kind: Type, reader: Callable[[str], Any], scope: Scope) -> Expr:
    try:
        return Const(node.span, kind, reader(node.value))
    except Malformed as error:
        scope.findings.add("Q402", node.span, str(error), help=error.remedy)
        return faulty(node.span)


def _list(node: tree.ListLiteral, scope: Scope, wanted: Type | None) -> Expr:
    kind = wanted.present() if wanted else None
    element = kind.of if kind is not None and kind.name == "list" else None
    items: list[Const] = []
    for item in node.items:
        found = known(_entry(item, scope, element), scope, "an entry of a list")
        element = element or (found.type if found.type not in (t.ERROR, t.ABSENT) else None)
        items.append(found)
    if any(item.type == t.ERROR for item in items):
        return faulty(node.span)
    report_idle_entries(items, scope.findings)
    return Const(node.span, list_of(element or t.TEXT), _collected(element or t.TEXT, items))


def _entry(node: tree.Expression, scope: Scope, element: Type | None) -> Expr:
    text = isinstance(node, tree.Literal) and node.kind == "text" and element is not None and element.name in LISTED
    if text and isinstance(node, tree.Literal) and element is not None:
        return _read(node, element, LISTED[element.name], scope)
    found = scope.typed(node, element)
    return fit(found, scope, element, "an entry of this list") if element is not None else found


def _collected(element: Type, items: list[Const]) -> Any:
    values = [item.value for item in items]
    if element == t.NETWORK:
        return NetworkSet(values)
    if element == t.DOMAIN:
        return DomainSet(values)
    if element.same(t.ADDRESS):
        domains = [v for v in values if isinstance(v, str)]
        return AddressSet([v for v in values if not isinstance(v, str)], domains)
    return tuple(values)


def _map(node: tree.MapLiteral, scope: Scope, kind: Type | None) -> Expr:
    element = kind.present().of if kind is not None and kind.present().name == "map" else None
    pairs: dict[object, object] = {}
    for key, value in node.pairs:
        name = known(wanted(key, scope, t.TEXT, "the key of a map"), scope, "the key of a map")
        held = _held(value, scope, element)
        element = element or (held.type if held.type != t.ERROR else None)
        if t.ERROR in (name.type, held.type):
            return faulty(node.span)
        if name.value in pairs:
            message = f'"{name.value}" has a value in this map already'
            scope.findings.add("Q206", name.span, message, help="take one of the two away")
        pairs[name.value] = held.value
    return Const(node.span, t.map_of(element or t.TEXT), pairs)


def _held(node: tree.Expression, scope: Scope, element: Type | None) -> Const:
    found = scope.typed(node, element)
    return known(fit(found, scope, element, "a value of this map") if element else found, scope, "a value of a map")


def _attribute(node: tree.Attribute, scope: Scope) -> Expr:
    of = scope.typed(node.of)
    name = node.name.text
    if of.type == t.ERROR:
        return of
    kind = of.type.present().field(name)
    if kind is None:
        return _no_attribute(node, of, scope)
    if of.type.optional:
        return absent(of, scope)
    return typed.Field(node.span, kind, of, name)


def _no_attribute(node: tree.Attribute, of: Expr, scope: Scope) -> Expr:
    names = [name for name, _ in of.type.present().fields]
    scope.findings.add(
        "Q209",
        node.name.span,
        f"`{spelled(of)}` has no `.{node.name.text}`",
        why="" if names else f"{a(of.type.present())} has no parts",
        allowed=f"it has {words(names, 'and')}" if names else "",
        help=suggestion(node.name.text, names) or _header_field(of, node.name.text),
    )
    return faulty(node.span)


def _header_field(of: Expr, name: str) -> str:
    return f'write `header["{name.replace("_", "-").title()}"]`' if of.type.name == "header" else ""


_ELEMENTS: Mapping[str, Type] = {"header": t.TEXT}
"""Records that can be asked by name besides maps, and what they answer."""


def _index(node: tree.Index, scope: Scope) -> Expr:
    of = scope.typed(node.of)
    if of.type.optional:
        of = absent(of, scope)
    key = wanted(node.key, scope, t.TEXT, "what stands in the brackets")
    if t.ERROR in (of.type, key.type):
        return faulty(node.span)
    element = of.type.of if of.type.name == "map" else _ELEMENTS.get(of.type.name)
    if element is None:
        scope.findings.add("Q401", of.span, f"{a(of.type)} has no named elements", allowed='maps and `header["X-Name"]` have')
        return faulty(node.span)
    if isinstance(of, typed.Read) and of.name.name == "params" and isinstance(key, Const):
        key = replace(key, value=str(key.value).upper())  # how the keywords are kept, however the client wrote them
    return typed.Item(node.span, t.optional(element), of, key)
