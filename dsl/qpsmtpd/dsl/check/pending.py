"""Decides where a kept verdict (`deny at rcpt`) is said when the rules of that hook do not: before their first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from qpsmtpd.dsl.check.flow import branches
from qpsmtpd.dsl.check.typed import Block, Decide, Enforce, Shadow, Stmt

Hooks = Mapping[str, tuple[Block, ...]]


def with_enforcement(hooks: Hooks) -> Hooks:
    """The hooks of a listener, in which each verdict kept for a later one is said there."""
    made = dict(hooks)
    kept = [s for blocks in hooks.values() for s in _in_force(blocks) if isinstance(s, Decide) and s.at]
    for verdict in kept:
        blocks = made.get(verdict.at, ())
        if not any(isinstance(s, Enforce) for s in _in_force(blocks)):
            said = Enforce(verdict.span, verdict.rule)
            made[verdict.at] = (Block(verdict.span, (said,)), *blocks)
    return made


def _in_force(blocks: Sequence[Block]) -> Iterator[Stmt]:
    """The statements that are not under `shadow`, where nothing is kept and nothing said."""
    for block in blocks:
        yield from _within(block.body)


def _within(body: Sequence[Stmt]) -> Iterator[Stmt]:
    for statement in body:
        if not isinstance(statement, Shadow):
            yield statement
            for branch in branches(statement):
                yield from _within(branch)
