"""What a condition that turned out true (or false) tells: the facts that the relay proof builds on.

Facts are few and only ever gained by asking: `gate` (a gate answered true for the recipient in hand), `relay` (the
client may relay), `wanted` (one of these two, whichever), `proved` (the client has proved that it may relay: it is in a
constant list of networks, has authenticated, or relays already), `everyone` (the client is in a list that holds
every address: worth nothing). What this file cannot show, it does not claim.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.model.functions import Kind, OnError
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.model.values import NetworkSet

Facts = frozenset[str]
NO_FACTS: Facts = frozenset()

GATE, RELAY, WANTED, PROVED, EVERYONE = "gate", "relay", "wanted", "proved", "everyone"
EVERY_FACT: Facts = frozenset({GATE, RELAY, WANTED, PROVED})


def about_this_recipient(call: x.FunctionCall) -> bool:
    """True when the call's first argument is the recipient in hand or its domain, itself and not a copy."""
    subject = call.arguments[0] if call.arguments else None
    if isinstance(subject, x.Field) and subject.name == "domain":
        subject = subject.of
        return isinstance(subject, x.Read) and subject.name.code == "t.recipient"
    return isinstance(subject, x.Read) and subject.name.code in ("t.recipient", "t.recipient.domain")


_EVERY_V4, _EVERY_V6 = ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("2000::/3")
"""All that clients on the Internet can have (IPv6: RFC 4291 section 2.4)."""


def holds_everyone(networks: NetworkSet) -> bool:
    """True when the list contains every IPv4 or every global IPv6 address, in one entry or in many."""
    return networks.covers(_EVERY_V4) or networks.covers(_EVERY_V6)


class Knowledge:
    """What conditions tell inside one hook; `bound` holds the `let`s of its blocks as they are met."""

    def __init__(self, hook: str) -> None:
        self.hook = hook
        self.bound: dict[str, x.Expr] = {}

    def gained(self, condition: x.Expr, truth: bool) -> Facts | None:
        """The facts that hold once `condition` is `truth`; None when it never is."""
        match condition:
            case x.Const(type=kind) if kind == ERROR:  # it has a finding already, and may have been the gate
                return EVERY_FACT
            case x.Const():
                return NO_FACTS if bool(condition.value) is truth else None
            case x.Not():
                return self.gained(condition.operand, not truth)
            case x.And() | x.Or():
                return self._both(condition, truth)
            case x.Compare(operator=("==" | "!=") as operator, right=x.Const(value=bool(value))):
                return self.gained(condition.left, truth is (value is (operator == "==")))
            case x.Local() if condition.key in self.bound:
                return self.gained(self.bound[condition.key], truth)
        return self._asked(condition) if truth else NO_FACTS

    def _both(self, condition: x.And | x.Or, truth: bool) -> Facts | None:
        """Both sides are known when an `and` is true or an `or` is false; else at least one is."""
        left, right = self.gained(condition.left, truth), self.gained(condition.right, truth)
        if truth is isinstance(condition, x.And):
            return None if left is None or right is None else left | right
        if left is None or right is None:
            return right if left is None else left
        return left & right

    def _asked(self, condition: x.Expr) -> Facts:
        match condition:
            case x.FunctionCall(function=f) if f.kind is Kind.GATE and self.hook == "rcpt" and about_this_recipient(condition):
                return frozenset({GATE, WANTED})
            case x.Read(name=name) if name.name == "relay":
                return frozenset({RELAY, WANTED, PROVED})
            case x.Read(name=name) if name.name == "authenticated":
                return frozenset({PROVED})
            case x.Contains(item=x.Read(name=name), collection=x.Const(value=NetworkSet() as networks)) if name.name == "ip":
                return frozenset({EVERYONE if holds_everyone(networks) else PROVED})
        return NO_FACTS


def calls(expression: x.Expr, bound: Mapping[str, x.Expr]) -> Iterator[x.FunctionCall]:
    """Every call in an expression, those behind a `let` of the block included."""
    for part in parts(expression):
        if isinstance(part, x.FunctionCall):
            yield part
        elif isinstance(part, x.Local) and part.key in bound:
            yield from calls(bound[part.key], bound)


def may_be_passed_over(statement: x.Choose, bound: Mapping[str, x.Expr]) -> bool:
    """True when a failed lookup can make the statement choose neither branch and the hook go on.

    Without an `unknown` branch a failure whose policy is `defer` ends the hook instead.
    """
    policies = {call.function.on_error for call in calls(statement.condition, bound)}
    return OnError.UNKNOWN in policies or (statement.unknown is not None and OnError.DEFER in policies)


def parts(expression: x.Expr) -> Iterator[x.Expr]:
    """An expression and everything in it."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        pending.extend(children(part)[::-1])


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
