"""Decides what stands between `{{` and `}}`: names, attributes and a few filters, typed like every expression.

The text around them is protected, so that nothing in it is ever read as a template; the finished template gets texts
and numbers only.
"""

from __future__ import annotations

import re

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.filters import FILTERS, Hole, filtered
from qpsmtpd.dsl.check.fitting import absent
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.wording import a, words
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Literal, Span

_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAMES = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,20})\s*")
_FILTER = re.compile(r"\|\s*([A-Za-z_]\w*)\s*(?:\(\s*(?:(\d+)|'([^']*)'|\"([^\"]*)\")?\s*\))?\s*")
_TOLD = 80
"""Characters of it that a finding repeats."""
COMPONENT = "component"
"""The filter that the compiler adds to each value of a path."""
_SHOWN = frozenset({*t.SCALARS, t.TEMPLATE.name} - {t.PATTERN.name})


def has_holes(node: Literal) -> bool:
    """True when the text holds `{{`."""
    return "{{" in str(node.value)


def template(node: Literal, text: str, scope: Scope, *, encoded: bool = False) -> Expr:
    """The literal as a template; a text without `{{` stays a constant. `text` is its value as it shall be said.

    With `encoded` each value becomes a part of one component of a path.
    """
    if not has_holes(node):
        return Const(node.span, t.TEXT, text)
    pieces = _HOLE.split(text)
    if any("{{" in plain for plain in pieces[::2]):
        scope.findings.add("Q406", node.span, "`{{` has no `}}` behind it", help="close it, as in `{{ sender }}`")
        return faulty(node.span)
    spans = _spans(node)
    if len(spans) != len(pieces) // 2:  # braces written as escapes
        spans = [node.span] * (len(pieces) // 2)
    holes = [_hole(inside, span, scope) for inside, span in zip(pieces[1::2], spans, strict=True)]
    if any(hole is None for hole in holes):
        return faulty(node.span)
    found = [hole for hole in holes if hole is not None]
    source = protected(pieces[0])
    for i, (hole, plain) in enumerate(zip(found, pieces[2::2], strict=True)):
        filters = (*hole.filters, COMPONENT) if encoded else hole.filters
        source += "{{ " + " | ".join([f"v{i}", *filters]) + " }}" + protected(plain)
    return typed.Template(node.span, t.TEMPLATE, source, tuple(hole.value for hole in found))


def protected(plain: str) -> str:
    """Text that Jinja2 copies as it is: no brace in it opens anything, and its last line end is kept."""
    safe = plain.replace("{", "{{ '{' }}")
    return safe[:-1] + "{{ '\\n' }}" if safe.endswith("\n") else safe


def _spans(node: Literal) -> list[Span]:
    """Where each `{{ … }}` stands, by the text as it was written: escapes make it longer than its value."""
    spans = []
    for found in _HOLE.finditer(node.raw):
        before = node.raw[: found.start()]
        line = node.span.line + before.count("\n")
        column = len(before) - before.rfind("\n") if "\n" in before else node.span.column + len(before)
        inside = found[0]
        end = line + inside.count("\n")
        width = len(inside) - inside.rfind("\n") if "\n" in inside else column + len(inside)
        spans.append(Span(node.span.file, line, column, end, width))
    return spans


def _hole(inside: str, span: Span, scope: Scope) -> Hole | None:
    head = _NAMES.match(inside)
    rest = inside[head.end() :] if head else inside
    filters = list(_FILTER.finditer(rest))
    if head is None or "".join(f[0] for f in filters) != rest:
        _bad(inside, span, scope)
        return None
    value = scope.typed(_tree(head[1].split("."), span))
    hole: Hole | None = None if value.type == t.ERROR else Hole(value, value.type)
    for found in filters:
        name, number, single, double = found.groups()
        text = single if single is not None else double
        hole = hole and filtered(hole, name, number if text is None else text, span=span, scope=scope)
    return hole and _shown(hole, span, scope)


def _tree(names: list[str], span: Span) -> tree.Expression:
    node: tree.Expression = tree.Name(span, names[0])
    for name in names[1:]:
        node = tree.Attribute(span, node, tree.Name(span, name))
    return node


def _bad(inside: str, span: Span, scope: Scope) -> None:
    inside = inside if len(inside) <= _TOLD else inside[:_TOLD] + "…"
    scope.findings.add(
        "Q406",
        span,
        f"`{{{{{inside}}}}}` is more than a template can do" if inside.strip() else "there is nothing between `{{` and `}}`",
        allowed=f"names, attributes and the filters {words(FILTERS, 'and')}, as in `{{{{ sender.domain | upper }}}}`",
        help="work the value out before: `let x = …`, then `{{ x }}`",
    )


def _shown(hole: Hole, span: Span, scope: Scope) -> Hole | None:
    if hole.type.optional:
        absent(hole.value, scope, "give it a default: `{{ … | default('nothing') }}`")
        return None
    kind = hole.type.of if hole.type.name == "list" and hole.type.of else hole.type
    if kind.name in _SHOWN or kind.members:
        return hole
    names = [name for name, _ in kind.fields]
    scope.findings.add(
        "Q406",
        span,
        f"{a(hole.type)} cannot be written into a text",
        allowed=f"its parts can: {words(names, 'and')}" if names else "",
    )
    return None
