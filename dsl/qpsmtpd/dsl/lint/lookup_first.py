"""Q620: a lookup is asked before something that is known at once and may decide without it.

In a condition the order of the parts changes nothing but what is asked: so says the logic of answers that do not come.
Between rules it changes nothing where both refuse in the same way, but for the text of the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.everywhere import Everywhere
from qpsmtpd.dsl.check.flow import blocks_with, branches, children, expressions, parts, statements
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each condition, and for each rule, that should be asked about first."""
    conditions: Everywhere[tuple[x.FunctionCall, Span]] = Everywhere()
    order: dict[Span, tuple[x.FunctionCall, Span]] = {}
    joined = blocks_with(rules, _joins)
    asking = blocks_with(rules, lambda statement: any(map(_slow, expressions(statement))))
    for listener in rules.listeners:
        for hook, blocks in listener.hooks.items():
            for block in (block for block in blocks if id(block) in joined):
                for statement in statements(block.body):
                    _conditions(statement, conditions)
            if hook not in listener.in_doubt and not asking.isdisjoint(map(id, blocks)):
                for body in _bodies(blocks):
                    _order(body, order)
    for span, (call, slow) in conditions:
        findings.add(
            "Q620",
            span,
            f"`{call.function.name}` is asked before this, which is known at once",
            why="when this decides, nothing need be asked, and the client need not wait",
            help=f"put it before `{call.function.name}`: the condition means the same in either order",
            notes=[Note(slow, "this asks the outside world")],
        )
    for span, (call, slow) in order.items():
        findings.add(
            "Q620",
            span,
            f"this rule needs no lookup, and `{call.function.name}` is asked for the rule before it",
            why="a client that is refused here anyway need not be looked up",
            help=f"move it above line {slow.line}",
            notes=[Note(slow, "this asks the outside world")],
        )


def _joins(statement: x.Stmt) -> bool:
    return any(isinstance(part, (x.And, x.Or)) for expression in expressions(statement) for part in parts(expression))


def _bodies(blocks: Sequence[x.Block]) -> Iterator[Sequence[x.Stmt]]:
    """Statements that follow each other: neighbouring blocks of the rules themselves are as one."""
    joined: list[x.Stmt] = []
    for block in blocks:
        if block.applied:
            yield from (joined, block.body)
            joined = []
        else:
            joined += block.body
    yield joined
    for block in blocks:
        yield from _inside(block.body)


def _inside(body: Sequence[x.Stmt]) -> Iterator[Sequence[x.Stmt]]:
    for statement in body:
        for branch in branches(statement):
            yield branch
            yield from _inside(branch)


def _slow(expression: x.Expr) -> x.FunctionCall | None:
    """The first call in it that has a deadline, and so may take its time; one that counts is made where it stands."""
    calls = (part for part in parts(expression) if isinstance(part, x.FunctionCall))
    return next((call for call in calls if call.function.timeout is not None and not call.function.counts), None)


def _conditions(statement: x.Stmt, found: Everywhere[tuple[x.FunctionCall, Span]]) -> None:
    for expression in expressions(statement):
        for part in parts(expression):
            if isinstance(part, (x.And, x.Or)):
                _terms(part, found)


def _terms(joined: x.And | x.Or, found: Everywhere[tuple[x.FunctionCall, Span]]) -> None:
    """Neighbouring terms of an `and`, or of an `or`; what stands deeper is looked at for itself."""
    slow: x.FunctionCall | None = None
    for term in _flat(joined, type(joined)):
        call = _slow(term)
        if slow is not None and not isinstance(term, x.Const):
            found.saw(term.span, (slow, slow.span) if call is None else None)
        slow = slow or call


def _flat(expression: x.Expr, kind: type[x.And | x.Or]) -> Iterator[x.Expr]:
    if isinstance(expression, kind):
        for side in children(expression):
            yield from _flat(side, kind)
    else:
        yield expression


def _order(body: Sequence[x.Stmt], found: dict[Span, tuple[x.FunctionCall, Span]]) -> None:
    """Of rules that follow each other and refuse alike, the first that needs no lookup and stands behind one that does."""
    slow: tuple[x.FunctionCall, Span] | None = None
    before: Verb | None = None
    for statement in body:
        refuses = _refuses(statement)
        if refuses is None or refuses is not before or not isinstance(statement, x.Choose):
            slow = None
        if isinstance(statement, x.Choose) and refuses is not None:
            call = _slow(statement.condition)
            if call is None and slow is not None:
                found.setdefault(statement.span, slow)
                return
            if call is not None and slow is None:
                slow = (call, statement.span)
        before = refuses


def _refuses(statement: x.Stmt) -> Verb | None:
    """The verb of a rule that refuses, and does nothing else."""
    match statement:
        case x.Choose(then=(x.Decide(verb=(Verb.DENY | Verb.DEFER) as verb, at="", disconnect=False),), orelse=(), unknown=None):
            return verb
    return None
