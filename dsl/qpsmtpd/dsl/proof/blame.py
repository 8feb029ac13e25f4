"""Why something can never be: of all that holds there, the little that excludes it already."""

from __future__ import annotations

from dataclasses import dataclass

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.proof.graph import Lit
from qpsmtpd.dsl.proof.hooks_walked import Walked
from qpsmtpd.dsl.proof.walk import End, Point
from qpsmtpd.dsl.syntax.tree import Span

_FEW = 12
"""Causes of which each is tried whether it is needed."""


@dataclass(frozen=True, slots=True)
class Blame:
    """The causes, in the order of the rules; none where it follows from what was asked itself.

    `twin` is an earlier question that is the same, when that is the only cause.
    """

    notes: tuple[Note, ...]
    twin: x.Choose | None = None
    by_login: bool = False
    """It would be possible, could a client come that has not authenticated."""
    brought: tuple[Note, ...] = ()
    """Where a policy was put in place, when it stands in one."""


def because_of(walked: Walked, point: Point, wanted: tuple[Lit, ...]) -> Blame:
    """Why these literals are never true at this point. Raises Spent."""
    steps = {step.when: Note(step.span, step.says) for step in point.steps}
    ends = {-e.takes: Note(e.because, _says(e)) for e in reversed(point.ends) if not e.skip or e.block is point.block}
    causes = {**ends, **steps}
    core = _smaller(walked, walked.world.against(*wanted, *causes) or (), wanted)
    found = [cause for cause in core if cause in causes and cause not in wanted]
    notes = sorted((causes[cause] for cause in found), key=lambda note: (note.span.file, note.span.line, note.span.column))
    others = [cause for cause in found if cause not in steps or cause == -wanted[0]]
    twin = _twin(walked, wanted[0], causes[others[0]].span) if len(others) == 1 else None
    return Blame(tuple(dict.fromkeys(notes)), twin, not found and _by_login(walked, wanted))


def _smaller(walked: Walked, core: tuple[Lit, ...], kept: tuple[Lit, ...]) -> tuple[Lit, ...]:
    if len(core) > _FEW:
        return core
    for cause in core:
        rest = tuple(each for each in core if each != cause)
        if cause not in kept and walked.world.against(*rest) is not None:
            core = rest
    return core


def _twin(walked: Walked, wanted: Lit, place: Span) -> x.Choose | None:
    """The question at the place of the only cause, when it asks the same."""
    for earlier in walked.walk.points:
        asked = earlier.statement
        if isinstance(asked, x.Choose) and asked.condition.span == place and earlier.branches[0].when == wanted:
            return asked
    return None


def _says(end: End) -> str:
    if not end.certain:
        return "where this has no answer, the hook ends here with 451"
    return "these cases are decided here" if end.because != end.statement.span else "this always decides"


def _by_login(walked: Walked, wanted: tuple[Lit, ...]) -> bool:
    """True when it follows only together with what is known of the listener's clients."""
    world = walked.world
    return bool(world.facts) and world.solver.possible(wanted, world.budget) is not None
