"""Walks over the typed model: what is inside of expressions and statements, in the order of the rules. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from qpsmtpd.dsl.check import typed as x


def about_this_recipient(call: x.FunctionCall) -> bool:
    """True when the call's first argument is the recipient in hand or its domain, itself and not a copy."""
    subject = call.arguments[0] if call.arguments else None
    if isinstance(subject, x.Field) and subject.name == "domain":
        subject = subject.of
        return isinstance(subject, x.Read) and subject.name.code == "t.recipient"
    return isinstance(subject, x.Read) and subject.name.code in ("t.recipient", "t.recipient.domain")


def calls(expression: x.Expr, bound: Mapping[str, x.Expr]) -> Iterator[x.FunctionCall]:
    """Every call in an expression, those behind a `let` of the block included."""
    for part in parts(expression):
        if isinstance(part, x.FunctionCall):
            yield part
        elif isinstance(part, x.Local) and part.key in bound:
            yield from calls(bound[part.key], bound)


def parts(expression: x.Expr) -> Iterator[x.Expr]:
    """An expression and everything in it."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        made_of = _CHILDREN.get(type(part))  # as in `children`, without the call: most have none
        if made_of is not None:
            pending += made_of(part)[::-1]


def children(expression: x.Expr) -> tuple[x.Expr, ...]:
    """What an expression is made of, one level down."""
    made_of = _CHILDREN.get(type(expression))
    return made_of(expression) if made_of else ()


_CHILDREN: Mapping[type[x.Expr], Callable[[Any], tuple[x.Expr, ...]]] = {
    x.Field: lambda e: (e.of,),
    x.Item: lambda e: (e.of, e.key),
    x.FunctionCall: lambda e: e.arguments,
    x.Builtin: lambda e: e.arguments,
    x.Template: lambda e: e.values,
    x.Not: lambda e: (e.operand,),
    **dict.fromkeys((x.And, x.Or, x.Compare, x.Arithmetic), lambda e: (e.left, e.right)),
    x.Contains: lambda e: (e.item, e.collection),
    x.Folded: lambda e: (e.text,),
    x.Matches: lambda e: (e.text, e.pattern),
    x.Default: lambda e: (e.value, e.otherwise),
    x.Present: lambda e: (e.value,),
    x.Traced: lambda e: (e.expr,),
}
"""By what type an expression is made of what; asked so often that a `match` would be felt."""


def statements(body: tuple[x.Stmt, ...]) -> Iterator[x.Stmt]:
    """Every statement of a body, nested ones included."""
    for statement in body:
        yield statement
        for branch in branches(statement):
            yield from statements(branch)


def blocks_with(rules: x.TypedRules, test: Callable[[x.Stmt], bool]) -> frozenset[int]:
    """The `id` of each block with a statement that passes the test: many listeners may have a block, and it is looked at once."""
    blocks = {id(block): block for listener in rules.listeners for found in listener.hooks.values() for block in found}
    return frozenset(key for key, block in blocks.items() if any(map(test, statements(block.body))))


def branches(statement: x.Stmt) -> tuple[tuple[x.Stmt, ...], ...]:
    """The bodies inside of a statement, in written order; an absent one is empty."""
    match statement:
        case x.Choose():
            return (statement.then, statement.orelse, statement.unknown or ())
        case x.Match():
            return (*(case.body for case in statement.cases), statement.orelse)
        case x.Shadow():
            return (statement.body,)
    return ()


def expressions(statement: x.Stmt) -> tuple[x.Expr, ...]:
    """The expressions that a statement itself evaluates (not those of its branches)."""
    match statement:
        case x.Choose():
            return (statement.condition,)
        case x.Match():
            return (statement.subject,)
        case x.Decide():
            return () if statement.message is None else (statement.message,)
        case x.Do():
            return (statement.call,)
        case x.Log():
            return (statement.message,)
        case x.Set() | x.Bind() | x.Answer():
            return (statement.value,)
        case x.Enforce() | x.Shadow() | x.Reached():
            return ()
