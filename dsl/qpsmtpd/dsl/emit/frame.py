"""A Python function under construction: where statements go, and what is known while they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.flow import about_this_recipient, parts
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.pool import Pool
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.syntax.tree import Span

_Node = TypeVar("_Node", bound=ast.AST)


class Frame:
    """The function that some blocks of one hook and one file become.

    `rule` and `span` are those of the statement in hand; `unsure` holds the locals whose value may be unknown;
    `reasons` the temporaries that keep the answers whose reasons verdicts may give.
    """

    def __init__(self, pool: Pool, hook: str, span: Span) -> None:
        self.pool = pool
        self.hook = hook
        self.file = span.file
        self.first = self.span = span
        self.rule = ""
        self.shadow = False
        self.body: list[ast.stmt] = []
        self.unsure: set[str] = set()
        self.reasons: dict[tuple[Span, str], str] = {}
        self._temporaries = 0

    def temporary(self) -> str:
        self._temporaries += 1
        return f"_{self._temporaries}"

    def add(self, statement: ast.stmt, span: Span) -> None:
        self.body.append(self.placed(statement, span))

    def keep(self, value: ast.expr, span: Span, target: str = "") -> str:
        """Assigns a value to a temporary (a new one unless named); returns its name."""
        target = target or self.temporary()
        self.add(nodes.assign(target, value), span)
        return target

    def placed(self, node: _Node, span: Span) -> _Node:
        """The node with its place; what stands in another file (a `define`) takes the place of the statement that uses it."""
        nodes.place(node, span if span.file == self.file else self.span)
        return node

    def reason(self, expression: typed.Expr) -> str:
        """The temporary that keeps this call's answer for a verdict's text; empty when no verdict wants it."""
        if not isinstance(expression, typed.FunctionCall):
            return ""
        return self.reasons.get((expression.span, expression.function.name), "")

    @contextmanager
    def into(self, body: list[ast.stmt]) -> Iterator[None]:
        """Statements go into this body for a while."""
        outer, self.body = self.body, body
        try:
            yield
        finally:
            self.body = outer

    def fallible(self, expression: typed.Expr) -> bool:
        """True when the value may be unknown."""
        return any(_may_fail(part, self.unsure) for part in parts(expression))

    def stated(self, expression: typed.Expr) -> bool:
        """True when Python needs statements for it: something may fail in it, or a gate marks the recipient."""
        return any(_may_fail(part, self.unsure) or self.marks(part) for part in parts(expression))

    def marks(self, expression: typed.Expr) -> bool:
        """True for a gate that asks about the recipient in hand itself, and for a verifier; never under `shadow`."""
        if self.shadow or not isinstance(expression, typed.FunctionCall):
            return False
        if expression.function.kind is Kind.VERIFIER:
            return self.hook == "auth"
        return self.hook == "rcpt" and expression.function.kind is Kind.GATE and about_this_recipient(expression)

    @contextmanager
    def shadowed(self) -> Iterator[None]:
        """Statements change and decide nothing for a while."""
        outer, self.shadow = self.shadow, True
        try:
            yield
        finally:
            self.shadow = outer


def _may_fail(expression: typed.Expr, unsure: set[str]) -> bool:
    if isinstance(expression, typed.Local):
        return expression.key in unsure
    return isinstance(expression, typed.FunctionCall) and expression.function.may_fail
