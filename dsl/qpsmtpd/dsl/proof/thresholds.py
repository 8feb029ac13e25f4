"""Comparisons of the score with a number that it never gets to: judged by the bounds of what is added before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.proof import scores
from qpsmtpd.dsl.proof.hooks_walked import Walked
from qpsmtpd.dsl.proof.scores import Sum
from qpsmtpd.dsl.proof.terms import Var
from qpsmtpd.dsl.proof.walk import Point

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A comparison of the score, and whether the score can be on both sides of the number. `sum` has its bounds there."""

    comparison: x.Compare
    limit: float
    sum: Sum
    reached: bool


def thresholds(walked: Walked, point: Point, condition: x.Expr) -> Iterator[Threshold]:
    """Every comparison of the score with a constant in a condition."""
    for part in parts(condition):
        sides = _sides(part) if isinstance(part, x.Compare) else None
        bounds = _bounds(walked, point)
        if sides is not None and bounds is not None and isinstance(part, x.Compare):
            sign, limit = sides
            yield Threshold(part, limit, bounds, _both_sides(sign, limit, bounds))


def _sides(e: x.Compare) -> tuple[str, float] | None:
    """The sign and the number, with the score on the left."""
    match e.left, e.right:
        case (x.Read(name=name), x.Const(value=int() | float() as limit)) if name.code == scores.CODE:
            return e.operator, limit
        case (x.Const(value=int() | float() as limit), x.Read(name=name)) if name.code == scores.CODE:
            return _TURNED[e.operator], limit
    return None


def _bounds(walked: Walked, point: Point) -> Sum | None:
    match point.env.values[scores.CODE].cases:
        case ((_, Var(subject)),):
            return walked.walk.sums.get(subject)
    return None


def _both_sides(sign: str, limit: float, sum: Sum) -> bool:
    least, most = sum.least, sum.most
    if sign in (">=", "<"):
        return least < limit <= most
    if sign in (">", "<="):
        return least <= limit < most
    return least <= limit <= most and least != most
