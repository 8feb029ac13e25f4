"""Decides what the statements of a hook mean, one after the other, and what each lets those behind it know."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Book, Scope
from qpsmtpd.dsl.check.calls import statement_call
from qpsmtpd.dsl.check.fitting import fit
from qpsmtpd.dsl.check.narrowing import when_false, when_true
from qpsmtpd.dsl.check.operators import condition
from qpsmtpd.dsl.check.shadowing import second_meaning
from qpsmtpd.dsl.check.templates import template
from qpsmtpd.dsl.check.typed import Block, Choose, Decide, Expr, Stmt
from qpsmtpd.dsl.check.unsupported import later
from qpsmtpd.dsl.check.verdicts import decide
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.hooks import READABLE, readable
from qpsmtpd.dsl.model.types import BOOL, ERROR, NUMBER, TEMPLATE, TEXT
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span


def block(on: tree.On, hook: str, book: Book) -> Block:
    """The rules of one `on` block as they run in one hook."""
    scope = Scope(book, hook, rule=on.label.name.text if on.label else "")
    if on.guard is None:
        return Block(on.span, _body(on.body, scope))
    guarded = tree.If(on.guard.condition.span, on.guard.keyword, on.guard.condition, on.body, None, None)
    return Block(on.span, _body((guarded,), scope))


def _body(nodes: Sequence[tree.Statement], scope: Scope) -> tuple[Stmt, ...]:
    made: list[Stmt] = []
    for node in nodes:
        found, scope = _statement(node, scope)
        made += found
        if any(_changes_message(statement) for statement in found):
            kept = (path for path in scope.present if path[0] not in ("header", "message"))
            scope = replace(scope, present=frozenset(kept))
    return tuple(made)


def _statement(node: tree.Statement, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    """The statement, and what holds behind it."""
    if isinstance(node, tree.Marked):
        if node.shadow:
            later(scope.findings, node.span, "`shadow`")
            return (), scope
        found, after = _statement(node.statement, replace(scope, rule=node.label.name.text if node.label else scope.rule))
        return found, replace(after, rule=scope.rule)
    if isinstance(node, tree.LocalLet):
        return _let(node, scope)
    if isinstance(node, tree.If):
        return _if(node, scope)
    made = _single(node, replace(scope, rule=scope.rule or _place(node.span, scope.book)))
    return (() if made is None else (made,)), scope


def _changes_message(statement: Stmt) -> bool:
    """True when it may call an effect: what was tested of the header before need not hold behind it."""
    if isinstance(statement, Choose):
        return any(_changes_message(inner) for inner in (*statement.then, *statement.orelse))
    return isinstance(statement, typed.Do) and statement.call.function.kind is Kind.EFFECT


def _single(node: tree.Verdict | tree.Action | tree.Assign | tree.Match, scope: Scope) -> Stmt | None:
    match node:
        case tree.Verdict():
            return decide(node, scope)
        case tree.Action():
            return _action(node, scope)
        case tree.Assign():
            return _assign(node, scope)
        case tree.Match():
            start = node.span
            later(scope.findings, Span(start.file, start.line, start.column, start.line, start.column + len("match")), "`match`")
            return None


def _place(span: Span, book: Book) -> str:
    """Names a rule without a label: its file, as seen from the main one, and its line."""
    return f"{_seen_from(book.main, span.file)}:{span.line}"


@cache
def _seen_from(main: str, file: str) -> str:
    return posixpath.relpath(file, posixpath.dirname(main) or ".")


def _if(node: tree.If, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    decisive = condition(node.condition, scope)
    if node.keyword == "unless" and decisive.type != ERROR:
        decisive = typed.Not(decisive.span, BOOL, decisive)
    if node.unknown is not None:
        later(scope.findings, _first(node.unknown, node.span), "an `unknown` branch")
    gained, lost = when_true(decisive), when_false(decisive)
    reason = _reason(decisive) or scope.reason
    then = _body(node.then, replace(scope, present=scope.present | gained, reason=reason))
    orelse = _body(node.orelse or (), replace(scope, present=scope.present | lost))
    behind = scope.present | (lost if _ends(then) else frozenset()) | (gained if _ends(orelse) else frozenset())
    after = replace(scope, present=behind)
    rule = scope.rule or _place(node.span, scope.book)
    return (Choose(node.span, rule, decisive, then, orelse, None),), after


def _first(body: Sequence[tree.Statement], otherwise: Span) -> Span:
    return body[0].span if body else otherwise


def _ends(body: Sequence[Stmt]) -> bool:
    # a nested `if` does not count: when its condition is unknown, what stands behind it runs
    return any(isinstance(statement, Decide) for statement in body)


def _reason(decisive: Expr) -> Expr | None:
    """The lookups in a condition whose text says why it is true: that of the first that answered."""
    chain: Expr | None = None
    for value in reversed([*_records(decisive)]):
        chain = value if chain is None else typed.Default(value.span, value.type, value, chain)
    return chain


def _records(decisive: Expr) -> Iterator[Expr]:
    match decisive:
        case typed.And(left=left, right=right) | typed.Or(left=left, right=right):
            yield from _records(left)
            yield from _records(right)
        case typed.Present(value=value) if value.type.present().field("reason") == TEXT:
            yield value


def _let(node: tree.LocalLet, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    name, book = node.name.text, scope.book
    value = scope.typed(node.value)
    if name in scope.values:
        book.findings.add("Q206", node.name.span, f"`{name}` has a value already", help="give this one another name")
        return (), scope
    if second_meaning(node.name, book) or value.type == ERROR:
        return (), replace(scope, values={**scope.values, name: typed.Const(node.span, ERROR, None)})
    key = f"{name}_{next(book.locals)}"
    bound = typed.Local(node.span, value.type, key)
    rule = scope.rule or _place(node.span, book)
    return (typed.Bind(node.span, rule, key, value),), replace(scope, values={**scope.values, name: bound})


def _action(node: tree.Action, scope: Scope) -> Stmt | None:
    if isinstance(node.call.of, tree.Name) and node.call.of.text == "log":
        return _log(node, scope)
    call = statement_call(node.call, scope)
    return None if call is None else typed.Do(node.span, scope.rule, call)


def _log(node: tree.Action, scope: Scope) -> Stmt | None:
    arguments = node.call.arguments
    if len(arguments) != 1 or arguments[0].name is not None or isinstance(arguments[0].value, tree.Verdict):
        scope.findings.add("Q211", node.span, "`log` takes one text", help='write `log("…")`; values stand in it as `{{ … }}`')
        return None
    written = arguments[0].value
    if isinstance(written, tree.Literal) and written.kind == "text":
        message = template(written, written.value, scope)
    else:
        message = fit(scope.typed(written, TEMPLATE), scope, TEMPLATE, "what `log` writes")
    return None if message.type == ERROR else typed.Log(node.span, scope.rule, message)


def _assign(node: tree.Assign, scope: Scope) -> Stmt | None:
    name = node.target.text
    row = readable(name, scope.hook)
    if row is None or not row.assignable:
        _not_assignable(node, scope)
        return None
    if node.alias is not None:
        remedy = f"without it the score counts each time: `{name} {node.operator} …`"
        later(scope.findings, node.alias.span, "`as NAME`", remedy)
        return None
    value = fit(scope.typed(node.value, row.type), scope, row.type, f"`{name}`")
    if value.type == ERROR:
        return None
    if node.operator != "=" and row.type != NUMBER:
        message = f"`{node.operator}` is for numbers, and `{name}` is true or false"
        scope.findings.add("Q401", node.target.span, message, help=f"write `{name} = true`")
        return None
    return typed.Set(node.span, scope.rule, row, node.operator, value)


def _not_assignable(node: tree.Assign, scope: Scope) -> None:
    name = node.target.text
    names = [row.name for rows in READABLE.values() for row in rows if row.assignable]
    constant = name in scope.book.lets or name in scope.values
    scope.findings.add(
        "Q307",
        node.target.span,
        f"`{name}` cannot be assigned",
        why="a `let` is a constant" if constant else "it is what the client or the engine says" if name in READABLE else "",
        allowed=f"{words(names, 'and')} can be",
        help="" if name in READABLE or constant else suggestion(name, names) or f"a new value is declared by `let {name} = …`",
    )
