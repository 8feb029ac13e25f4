"""Decides which statements of a hook a listener can reach, and under which conditions, and where to tell of one.

Only what follows from constants and from the listener's own name is left out: what this file says cannot be reached
surely is not; what it says can be, need not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Under:
    """A condition around a statement, and what it is there: true, false, or None for unknown. Of a `match` it is the subject,
    with the values of the case.
    """

    condition: x.Expr
    holds: bool | None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """A statement that can be reached: `under` are the conditions around it, outermost first."""

    statement: x.Stmt
    block: x.Block
    under: tuple[Under, ...] = ()
    shadow: bool = False

    @property
    def place(self) -> Span:
        """Where to tell of it: a rule that a policy has brought is told of at the `apply` line."""
        return place(self.statement.span, self.block)


def place(span: Span, block: x.Block) -> Span:
    """Where to tell of something at `span` in this block."""
    return block.applied[0].span if block.applied else span


def reached(blocks: Sequence[x.Block], listener: str) -> Iterator[Reached]:
    """The statements of a hook, each before those inside of it."""
    for block in blocks:
        for statement in block.body:
            yield from _inside(Reached(statement, block), listener)


def _inside(here: Reached, listener: str) -> Iterator[Reached]:
    yield here
    if isinstance(here.statement, _WITH_BODIES):
        yield from _branches(here, listener)


_WITH_BODIES = (x.Choose, x.Match, x.Shadow)


def _branches(here: Reached, listener: str) -> Iterator[Reached]:
    match here.statement:
        case x.Choose() as choose:
            answer = settled(choose.condition, listener)
            branches = ((True, choose.then), (False, choose.orelse), (None, choose.unknown or ()))
            for holds, body in branches:
                if answer in (None, holds):
                    yield from _body(here, body, Under(choose.condition, holds), listener)
        case x.Match() as match:
            own = listener if is_listener(match.subject) else ""
            for case in match.cases:
                if own in ("", *case.values):
                    yield from _body(here, case.body, Under(match.subject, True, case.values), listener)
            named = tuple(value for case in match.cases for value in case.values)
            if own not in named or not own:
                yield from _body(here, match.orelse, Under(match.subject, False, named), listener)
        case x.Shadow() as shadow:
            for statement in shadow.body:
                yield from _inside(Reached(statement, here.block, here.under, True), listener)


def _body(around: Reached, body: tuple[x.Stmt, ...], under: Under, listener: str) -> Iterator[Reached]:
    conditions = (*around.under, under)
    for statement in body:
        yield from _inside(Reached(statement, around.block, conditions, around.shadow), listener)


def is_listener(expression: x.Expr) -> bool:
    """True for the name of the listener itself."""
    return isinstance(expression, x.Read) and expression.name.code == "s.listener"


def settled(condition: x.Expr, listener: str) -> bool | None:
    """What the condition always is at this listener; None when that depends on more."""
    match condition:
        case x.Const():
            return bool(condition.value)
        case x.Not():
            inner = settled(condition.operand, listener)
            return None if inner is None else not inner
        case x.And() | x.Or():
            decisive = isinstance(condition, x.Or)
            sides = (settled(condition.left, listener), settled(condition.right, listener))
            return decisive if decisive in sides else None if None in sides else not decisive
        case x.Compare(operator=("==" | "!=") as operator, left=left, right=x.Const(value=value)) if is_listener(left):
            return (listener == value) is (operator == "==")
        case x.Contains(item=item, collection=x.Const(value=names)) if is_listener(item):
            return listener in names
    return None
