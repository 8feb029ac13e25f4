"""Q601: a rule that can never run, because a verdict without a condition stands before it."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A rule is dead when it is so on every listener that has it."""
    dead: dict[Span, Span] = {}
    alive: set[Span] = set()
    for listener in rules.listeners:
        for blocks in listener.hooks.values():
            for span, killer in _hook(blocks):
                if killer is None:
                    alive.add(span)
                else:
                    dead.setdefault(span, killer)
    for span, killer in dead.items():
        if span not in alive:
            findings.add(
                "Q601",
                span,
                "this can never run: the verdict before it takes every case",
                why="the first verdict ends the hook; rules run in written order",
                help="move it above that verdict, or give the verdict a condition",
                notes=[Note(killer, "this always decides")],
            )


def _hook(blocks: tuple[x.Block, ...]) -> Iterator[tuple[Span, Span | None]]:
    """Each block, and the first statement after a verdict, with what makes it dead."""
    killer: Span | None = None
    for block in blocks:
        yield block.span, killer
        if killer is None:
            yield from _body(block.body)
            killer = _ender(block.body, skip=False)


def _body(body: tuple[x.Stmt, ...]) -> Iterator[tuple[Span, Span | None]]:
    killer: Span | None = None
    for statement in body:
        yield statement.span, killer
        if killer is not None:
            return
        if isinstance(statement, x.Choose):
            for branch in (statement.then, statement.orelse, statement.unknown or ()):
                yield from _body(branch)
        killer = _ends(statement, skip=True)


def _ender(body: tuple[x.Stmt, ...], *, skip: bool) -> Span | None:
    """The statement of a body that always ends the hook (or, with `skip`, the block)."""
    if not skip and any(_may_skip(s) for s in body):
        return None
    return next((span for s in body if (span := _ends(s, skip=skip))), None)


def _may_skip(statement: x.Stmt) -> bool:
    if isinstance(statement, x.Choose):
        return any(_may_skip(s) for s in (*statement.then, *statement.orelse, *(statement.unknown or ())))
    return isinstance(statement, x.Decide) and statement.verb is Verb.SKIP


def _ends(statement: x.Stmt, *, skip: bool) -> Span | None:
    match statement:
        case x.Decide():
            return statement.span if skip or statement.verb is not Verb.SKIP else None
        case x.Do(call=call) if call.function.kind is Kind.DELIVERY:
            return statement.span
        case x.Choose():
            sure = not any(isinstance(p, x.FunctionCall) and p.function.may_fail for p in parts(statement.condition))
            if sure and statement.orelse and _ender(statement.then, skip=skip) and _ender(statement.orelse, skip=skip):
                return statement.span
    return None
