"""Small words for Python syntax: `ast` nodes without a place, and how they get the rules file's own.

Knows nothing of rules but spans.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from qpsmtpd.dsl.syntax.tree import Span


def name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def constant(value: object) -> ast.Constant:
    """A literal: text, number, truth value or None."""
    return ast.Constant(value)  # type: ignore[arg-type]


def path(dotted: str) -> ast.expr:
    """`Verb.DENY` or `t.recipient.domain`, or a call at its end as in `s.services.clock.now()`."""
    first, *fields = dotted.removesuffix("()").split(".")
    made: ast.expr = name(first)
    for field in fields:
        made = attribute(made, field)
    return ast.Call(made, [], []) if dotted.endswith("()") else made


def attribute(of: ast.expr, field: str) -> ast.Attribute:
    return ast.Attribute(of, field, ast.Load())


def call(code: str | ast.expr, *arguments: ast.expr, keywords: Mapping[str, ast.expr] | None = None) -> ast.Call:
    """`code(arguments)`; a text is a dotted name."""
    target = path(code) if isinstance(code, str) else code
    return ast.Call(target, list(arguments), [ast.keyword(key, value) for key, value in (keywords or {}).items()])


def assign(target: str, value: ast.expr) -> ast.Assign:
    """`target = value`; the target is a name or `s.score`."""
    place = path(target)
    if isinstance(place, ast.Name | ast.Attribute):
        place.ctx = ast.Store()
    return ast.Assign([place], value)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [operator], [right])


def is_none(value: ast.expr) -> ast.Compare:
    return compare(value, ast.Is(), constant(None))


def is_unknown(temporary: str) -> ast.BoolOp:
    return ast.BoolOp(
        ast.Or(),
        [
            compare(name(temporary), ast.Is(), name("UNKNOWN")),
            compare(name(temporary), ast.Is(), name("DEFER")),
        ],
    )


def no(value: ast.expr) -> ast.UnaryOp:
    return ast.UnaryOp(ast.Not(), value)


def when(test: ast.expr, then: Sequence[ast.stmt], orelse: Sequence[ast.stmt] = ()) -> ast.If:
    return ast.If(test, list(then) or [ast.Pass()], list(orelse))


def thunk(value: ast.expr) -> ast.Lambda:
    """`lambda: value`."""
    return ast.Lambda(ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]), value)


def function(called: str, body: list[ast.stmt]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """A hook function over session and transaction; a coroutine function when its body waits."""
    arguments = ast.arguments(posonlyargs=[], args=[ast.arg("s"), ast.arg("t")], kwonlyargs=[], kw_defaults=[], defaults=[])
    waits = any(isinstance(node, ast.Await) for statement in body for node in ast.walk(statement))
    kind = ast.AsyncFunctionDef if waits else ast.FunctionDef
    return kind(name=called, args=arguments, body=body, decorator_list=[], returns=None)


def place(node: ast.AST, span: Span) -> None:
    """Gives a node, and all in it that has none yet, the place of a span (`ast` counts columns from 0)."""
    where = {
        "lineno": span.line,
        "col_offset": max(span.column - 1, 0),
        "end_lineno": max(span.end_line, span.line),
        "end_col_offset": max(span.end_column - 1, 0),
    }
    if where["end_lineno"] == where["lineno"]:
        where["end_col_offset"] = max(where["end_col_offset"], where["col_offset"])
    pending = [node]
    while pending:
        inner = pending.pop()
        if "lineno" not in inner._attributes or not hasattr(inner, "lineno"):
            for key in inner._attributes:
                setattr(inner, key, where[key])
            pending.extend(ast.iter_child_nodes(inner))
