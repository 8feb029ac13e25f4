"""Decides where a kept verdict (`deny at rcpt`) is said when the rules of that hook do not: before their first."""

from __future__ import annotations

from collections.abc import Mapping

from qpsmtpd.dsl.check.flow import statements
from qpsmtpd.dsl.check.typed import Block, Decide, Enforce

Hooks = Mapping[str, tuple[Block, ...]]


def with_enforcement(hooks: Hooks) -> Hooks:
    """The hooks of a listener, in which each verdict kept for a later one is said there."""
    made = dict(hooks)
    kept = [s for blocks in hooks.values() for b in blocks for s in statements(b.body) if isinstance(s, Decide) and s.at]
    for verdict in kept:
        blocks = made.get(verdict.at, ())
        if not any(isinstance(s, Enforce) for b in blocks for s in statements(b.body)):
            said = Enforce(verdict.span, verdict.rule)
            made[verdict.at] = (Block(verdict.span, (said,)), *blocks)
    return made
