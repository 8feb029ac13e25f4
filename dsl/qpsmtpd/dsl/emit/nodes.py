"""Small words for Python syntax: `ast` nodes without a place, and how they get the rules file's own.

Knows nothing of rules but spans.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

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
    kind = ast.AsyncFunctionDef if _waits(body) else ast.FunctionDef
    return kind(name=called, args=arguments, body=body, decorator_list=[], returns=None)


def _waits(body: list[ast.stmt]) -> bool:
    pending: list[ast.AST] = [*body]
    for node in pending:
        if isinstance(node, ast.Await):
            return True
        pending.extend(_inside(node))
    return False


def place(node: ast.AST, span: Span) -> None:
    """Gives a node, and all in it that has none yet, the place of a span (`ast` counts columns from 0)."""
    column, end_line, end_column = max(span.column - 1, 0), max(span.end_line, span.line), max(span.end_column - 1, 0)
    if end_line == span.line:
        end_column = max(end_column, column)
    pending = [node]
    for inner in pending:
        if isinstance(inner, _PLACED):
            if hasattr(inner, "lineno"):
                continue
            inner.lineno, inner.col_offset, inner.end_lineno, inner.end_col_offset = span.line, column, end_line, end_column
        pending.extend(_inside(inner))


_PLACED = (ast.expr, ast.stmt, ast.excepthandler, ast.arg, ast.keyword)
"""What has a place."""


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes one level down. `ast` has the same, which takes a third of the time of compiling rules."""
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            yield from value
        elif isinstance(value, ast.AST) and value._fields:
            yield value
