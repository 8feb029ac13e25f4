"""An outage alone must refuse nobody for good: no `deny`, and no `discard`, only because an answer did not come.

The rules of a hook are walked twice, about the same things: as they are, and as if failures moved nothing: `unknown`
branches do not run, and a value that says that the answer did not come decides no `match` and no comparison. Mail that
is refused in the first walk and not in the second is refused by the failure. What rules count or store, but for what is
true or false, is taken to be the same in both: so only what is certain is told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import expressions, parts, statements
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.proof.cases import cases
from qpsmtpd.dsl.proof.graph import TRUE
from qpsmtpd.dsl.proof.hooks_walked import DIALOGUE, Walked, begun
from qpsmtpd.dsl.proof.meaning import Meaning
from qpsmtpd.dsl.proof.scores import UNBOUNDED
from qpsmtpd.dsl.proof.solver import Budget, Spent
from qpsmtpd.dsl.proof.story import way
from qpsmtpd.dsl.proof.walk import Point, State, Walk
from qpsmtpd.dsl.proof.world import Model, World

_LOSES = (Verb.DENY, Verb.DISCARD)
"""Verdicts after which the mail never arrives."""


def prove(walked: Walked, budget: Budget, findings: Findings) -> None:
    """Adds a finding for each verdict of a hook that a failure alone can cause."""
    if walked.hook not in (*DIALOGUE, "auth") or not any(map(_hears_of_failure, walked.blocks)):
        return
    world = World(budget)
    actual, quiet = (_walked(walked, world, mute=mute) for mute in (False, True))
    refused = world.graph.some(point.here for point in _refusals(quiet.walk))
    doubts = (-doubt for doubt in actual.walk.meaning.doubts)
    with contextlib.suppress(Spent):  # only what is certain is told
        for point, model in cases(world, [*_refusals(actual.walk)], lambda point: point.here, (-refused, *doubts)):
            _report(actual, point, model, findings)


def _hears_of_failure(block: x.Block) -> bool:
    """True when something in a block happens because an answer did not come."""
    for statement in statements(block.body):
        if isinstance(statement, x.Choose) and statement.unknown:
            return True
        for part in (part for e in expressions(statement) for part in parts(e)):
            if isinstance(part, x.FunctionCall) and part.function.returns.failing:
                return True
    return False


def _walked(walked: Walked, world: World, *, mute: bool) -> Walked:
    meaning = Meaning(world, walked.hook, walked.walk.meaning.listener, mute=mute, by_site=True)
    walk = Walk(meaning, walked.walk.once)
    state = State(TRUE, begun(world, walked.rows, walked.firsts, walk, UNBOUNDED), UNBOUNDED)
    return Walked(walked.hook, walked.blocks, world, walk, walk.hook(walked.blocks, state), walked.rows, walked.firsts)


def _refusals(walk: Walk) -> Iterator[Point]:
    for point in walk.points:
        if isinstance(point.statement, x.Decide) and point.statement.verb in _LOSES and not point.shadowed:
            yield point


def _report(actual: Walked, point: Point, model: Model, findings: Findings) -> None:
    assert isinstance(point.statement, x.Decide)
    verb = point.statement.verb
    what = "makes mail vanish" if verb is Verb.DISCARD else "refuses mail for good"
    what = "refuses a password" if actual.hook == "auth" else what
    findings.add(
        "Q516",
        point.statement.span,
        f"this {what} only because an answer did not come: an outage alone is enough",
        why="a lookup that fails says nothing about the mail, and the client would not try again",
        allowed="`defer`: the client tries again; a score; or nothing, which lets the next rules decide",
        help=f"write `defer` in place of `{verb.value}`",
        notes=way(actual, model, point.statement),
    )
