"""Decides what the operators mean, and what may be a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.fitting import absent, fit, wanted
from qpsmtpd.dsl.check.narrowing import narrowed, tested, when_false, when_true
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.wording import a, listed, plural, spelled
from qpsmtpd.dsl.check.written_patterns import put_to_names
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.operators import MATCHED, ORDERED, SIGNED, SUMS, sought_in
from qpsmtpd.dsl.model.types import Type, list_of
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Binary, Span, Unary


def condition(node: tree.Expression, scope: Scope) -> Expr:
    """A node that decides: a bool, a value that may be absent (is it there?), or a record that declares its truth."""
    match node:
        case Unary(operator="not") | Binary(operator="and" | "or"):
            return scope.typed(node, t.BOOL)
        case _:
            return _decides(scope.typed(node, t.BOOL), scope)


def _decides(expr: Expr, scope: Scope) -> Expr:
    if expr.type in (t.BOOL, t.ERROR):
        return expr
    if expr.type.optional or expr.type.truthy:
        return typed.Present(expr.span, t.BOOL, expr)
    if tested(expr, scope.present):
        return typed.Present(expr.span, t.BOOL, replace(expr, type=t.optional(expr.type)))
    scope.findings.add(
        "Q404",
        expr.span,
        f"{a(expr.type)} is no condition: say what to compare it with",
        why="whether an empty text or a zero counts as true would be a guess",
        help=_comparison(expr),
    )
    return faulty(expr.span)


def _comparison(expr: Expr) -> str:
    if isinstance(expr, Const) and not expr.source:
        return "to compare one value with several, write `x in [a, b]`"
    name = spelled(expr)
    examples = {
        t.TEXT: f'write `{name} == "…"` or `{name} matches /…/`',
        t.NUMBER: f"write `{name} > 0`",
        t.SIZE: f"write `{name} > 25MB`",
        t.RATE: f"write `{name} > 300/1h`",
        t.DURATION: f"write `{name} > 5s`",
        t.ADDRESS: f'write `{name} != <>` or `{name} == "name@example.org"`',
        t.DOMAIN: f'write `{name} == "example.org"` or `{name} in …`',
        t.IP: f"write `{name} in …`",
    }
    return next((text for kind, text in examples.items() if kind.same(expr.type)), "")


def unary(node: Unary, scope: Scope) -> Expr:
    """`not x` and `-x`."""
    if node.operator == "not":
        operand = condition(node.operand, scope)
        return faulty(node.span) if operand.type == t.ERROR else typed.Not(node.span, t.BOOL, operand)
    operand = scope.typed(node.operand)
    if operand.type == t.ERROR:
        return operand
    if operand.type not in SIGNED:
        return fit(operand, scope, t.NUMBER, "what stands behind `-`")
    if isinstance(operand, Const):
        return Const(node.span, operand.type, -operand.value)
    return typed.Arithmetic(node.span, operand.type, "-", Const(node.span, operand.type, 0), operand)


def binary(node: Binary, scope: Scope) -> Expr:
    """Any operator between two operands."""
    return _MEANINGS[node.operator](node, scope)


def _joined(node: Binary, scope: Scope) -> Expr:
    """A chain of `and`, or one of `or`: what each term tells holds in those behind it."""
    terms: list[Expr] = []
    for written in _chain(node):
        term = condition(written, scope)
        gained = when_true(term) if node.operator == "and" else when_false(term)
        scope = replace(scope, present=scope.present | gained, unsure=scope.unsure or term.type == t.ERROR)
        terms.append(term)
    if any(term.type == t.ERROR for term in terms):
        return faulty(node.span)
    return _balanced(terms, typed.And if node.operator == "and" else typed.Or, node.span)


def _chain(node: Binary) -> list[tree.Expression]:
    """The terms of `a and b and c`, from left to right."""
    terms: list[tree.Expression] = []
    rest: tree.Expression = node
    while isinstance(rest, Binary) and rest.operator == node.operator:
        terms.append(rest.right)
        rest = rest.left
    return [rest, *reversed(terms)]


def _balanced(terms: Sequence[Expr], kind: type[typed.And | typed.Or], span: Span) -> Expr:
    """The terms joined in their order; the halves first, so that a long chain is no deep tree."""
    if len(terms) == 1:
        return terms[0]
    half = (len(terms) + 1) // 2
    left, right = _balanced(terms[:half], kind, span), _balanced(terms[half:], kind, span)
    return kind(replace(left.span, end_line=right.span.end_line, end_column=right.span.end_column), t.BOOL, left, right)


def _compared(node: Binary, scope: Scope) -> Expr:
    left, right = _pair(node, scope)
    if t.ERROR in (left.type, right.type):
        return faulty(node.span)
    if node.operator in ("==", "!=") and t.ABSENT in (left.type, right.type):
        return _presence(node, left if right.type == t.ABSENT else right, scope)
    for one in (left, right):
        if one.type.optional:
            absent(one, scope)
            return faulty(node.span)
    ordered = node.operator not in ("==", "!=")
    if ordered and left.type not in ORDERED:
        return _no_order(node, left, scope)
    if fit(right, scope, left.type, f"what `{node.operator}` compares with {_value_of(left)}").type == t.ERROR:
        return faulty(node.span)
    if left.type.folded or right.type.folded:
        left, right = _folded(left), _folded(right)
    left, right = value_name(left), value_name(right)
    return typed.Compare(node.span, t.BOOL, node.operator, left, right)


def value_name(expr: Expr) -> Expr:
    """The name of an enumeration's value, where its values have fields: that is what is compared."""
    if not expr.type.cases or isinstance(expr, Const):
        return expr
    return typed.Field(expr.span, replace(expr.type, fields=(), cases=()), expr, "case")


def _folded(text: Expr) -> Expr:
    """The text as it is compared without regard to case: constants once and for all, what is in lower case anyway as it is."""
    if isinstance(text, Const):
        return replace(text, value=str(text.value).lower())
    return text if _lower(text) else typed.Folded(text.span, text.type, text)


def _pair(node: Binary, scope: Scope) -> tuple[Expr, Expr]:
    """Both operands; a literal takes the type of the other side, whichever side that is."""
    if isinstance(node.left, tree.Literal) and not isinstance(node.right, tree.Literal):
        right = scope.typed(node.right)
        return scope.typed(node.left, right.type.present()), right
    left = scope.typed(node.left)
    return left, scope.typed(node.right, left.type.present())


def _presence(node: Binary, value: Expr, scope: Scope) -> Expr:
    if tested(value, scope.present):
        value = replace(value, type=t.optional(value.type))
    if not value.type.optional:
        message = f"{_value_of(value)} is never absent, so comparing it with `none` tells nothing"
        remedy = f"write `{spelled(value)} {node.operator} <>` to ask for the null sender" if value.type.same(t.ADDRESS) else ""
        scope.findings.add("Q401", value.span, message, help=remedy or "leave the comparison out")
        return faulty(node.span)
    there = typed.Present(node.span, t.BOOL, value)
    return there if node.operator == "!=" else typed.Not(node.span, t.BOOL, there)


def _no_order(node: Binary, left: Expr, scope: Scope) -> Expr:
    scope.findings.add(
        "Q401",
        left.span,
        f"`{node.operator}` needs an order, and {a(left.type)} has none",
        allowed=f"{listed(map(plural, ORDERED))} have an order; all else can be compared by `==` and `!=`",
    )
    return faulty(node.span)


def _value_of(expr: Expr) -> str:
    return a(expr.type) if isinstance(expr, Const) and not expr.source else f"`{spelled(expr)}`"


def _contained(node: Binary, scope: Scope) -> Expr:
    item = scope.typed(node.left)
    if item.type.optional:
        item = absent(item, scope)
    collection = searched(node.right, scope, sought_in(item.type))
    if t.ERROR in (item.type, collection.type):
        return faulty(node.span)
    if collection.type == list_of(t.NETWORK) and item.type not in (t.IP, t.NETWORK):
        fit(item, scope, t.IP, "what is looked for in networks")
        return faulty(node.span)
    if collection.type != list_of(t.NETWORK):
        collection = fit(collection, scope, list_of(item.type), f"the list in which {_value_of(item)} is looked for")
    if collection.type == t.ERROR:
        return collection
    if isinstance(collection, Const) and isinstance(collection.value, tuple):
        entries = (str(entry).lower() for entry in collection.value) if item.type.folded else collection.value
        collection, item = replace(collection, value=frozenset(entries)), _folded(item) if item.type.folded else item
    found = typed.Contains(node.span, t.BOOL, value_name(item), collection)
    return typed.Not(node.span, t.BOOL, found) if node.operator == "not in" else found


def searched(node: tree.Expression, scope: Scope, element: Type) -> Expr:
    """The right side of `in`: a list, or one text that stands for a network or domain with those below it."""
    single = isinstance(node, tree.Literal) and node.kind == "text" and element.name in ("network", "domain", "address")
    if single:
        node = tree.ListLiteral(node.span, (node,))
    found = scope.typed(node, None if element == t.ERROR else list_of(element))
    if found.type.optional:
        return absent(found, scope)
    if found.type == t.ERROR or found.type.name == "list":
        return found
    scope.findings.add(
        "Q401",
        found.span,
        f"`in` looks for a value in a list, but this is {a(found.type)}",
        help="write `… matches /…/` to look for a part of a text" if found.type == t.TEXT else "write `==` to compare two values",
    )
    return faulty(node.span)


def _matched(node: Binary, scope: Scope) -> Expr:
    text = scope.typed(node.left)
    if text.type in map(t.optional, MATCHED):
        text = absent(text, scope)
    if text.type not in (*MATCHED, t.ERROR):
        text = fit(text, scope, t.TEXT, f"what stands before `{node.operator}`")
    pattern = wanted(node.right, scope, t.PATTERN, f"what stands behind `{node.operator}`")
    if t.ERROR in (text.type, pattern.type) or not isinstance(pattern, Const):
        return faulty(node.span)
    if isinstance(node.right, tree.Literal) and node.right.kind == "pattern" and _lower(text):
        put_to_names(node.right, text, scope)
    found = typed.Matches(node.span, t.BOOL, text, pattern)
    return typed.Not(node.span, t.BOOL, found) if node.operator == "not matches" else found


def _lower(text: Expr) -> bool:
    return text.type == t.DOMAIN or (isinstance(text, typed.Read) and text.name.name == "helo")


def _sum(node: Binary, scope: Scope) -> Expr:
    left, right = scope.typed(node.left), scope.typed(node.right)
    for one in (left, right):
        if one.type.optional:
            absent(one, scope)
            return faulty(node.span)
    if t.ERROR in (left.type, right.type):
        return faulty(node.span)
    kind = SUMS.get((_plain(left.type), node.operator, _plain(right.type)))
    if kind is not None:
        return typed.Arithmetic(node.span, kind, node.operator, left, right)
    if (left.type, node.operator, left.type) in SUMS:
        fit(right, scope, left.type, f"what stands behind `{node.operator}`")
    else:
        scope.findings.add("Q401", left.span, f"`{node.operator}` cannot be used with {a(left.type)}")
    return faulty(node.span)


def _plain(kind: Type) -> Type:
    return t.TEXT if kind.same(t.TEXT) else kind


def _defaulted(node: Binary, scope: Scope) -> Expr:
    value = scope.typed(node.left)
    kind = value.type.present()
    otherwise = scope.typed(node.right, None if kind in (t.ERROR, t.ABSENT) else kind)
    if t.ERROR in (kind, otherwise.type):
        return faulty(node.span)
    if otherwise.type != t.ABSENT and fit(otherwise, scope, t.optional(kind), "the default behind `??`").type == t.ERROR:
        return faulty(node.span)
    if not value.type.optional:
        return value
    still = otherwise.type.optional or otherwise.type == t.ABSENT
    return narrowed(typed.Default(node.span, t.optional(kind) if still else kind, value, otherwise), scope.present)


_MEANINGS: Mapping[str, Callable[[Binary, Scope], Expr]] = {
    **dict.fromkeys(("and", "or"), _joined),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _compared),
    **dict.fromkeys(("in", "not in"), _contained),
    **dict.fromkeys(("matches", "not matches"), _matched),
    **dict.fromkeys(("+", "-"), _sum),
    "??": _defaulted,
}
