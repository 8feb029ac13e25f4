"""AUTH: `accept` in `auth` needs on its path a verifier that answered yes for these credentials.

Only then is a client authenticated, and may relay. A listener that offers AUTH and on which no rule can ever ask a
verifier, or accept what one has said, would refuse every password: that is a mistake, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.settings import Auth
from qpsmtpd.dsl.proof.graph import Lit
from qpsmtpd.dsl.proof.hooks_walked import Walked
from qpsmtpd.dsl.proof.solver import Spent
from qpsmtpd.dsl.proof.story import way
from qpsmtpd.dsl.proof.walk import Point

_ONLY = "only a verifier that answered yes tells that the password belongs to the user; whoever is let in may send to anybody"


def prove(listener: x.TypedListener, hooks: Mapping[str, Walked], verifiers: Sequence[str], findings: Findings) -> None:
    """Adds a finding for each login that nothing verifies, and for a listener on which nobody can log in."""
    walked = hooks.get("auth")
    accepts = [] if walked is None else walked.walk.accepts()
    unproved = [point for point in accepts if walked is not None and _report(walked, point, verifiers, findings)]
    if listener.settings.auth != Auth.OFF and not unproved and "auth" not in listener.in_doubt:
        _report_nobody(listener, walked, accepts, verifiers=verifiers, findings=findings)


def _verified(walked: Walked) -> list[Lit]:
    asked = walked.walk.meaning.asked
    return [each.yes for each in asked if each.counts and each.call.function.kind is Kind.VERIFIER]


def _report(walked: Walked, point: Point, verifiers: Sequence[str], findings: Findings) -> bool:
    """Adds a finding when this `accept` can be reached without a proof; true then."""
    notes: Sequence[Note] = ()
    without = (*_verified(walked), *walked.walk.meaning.doubts)
    try:
        model = walked.world.possible(point.here, *(-proof for proof in without))
        if model is None:
            return False
        notes = way(walked, model, point.statement)
    except Spent:
        pass
    findings.add(
        "Q510",
        point.statement.span,
        "this lets a client log in whose password nothing has verified",
        why=_ONLY,
        allowed=_known(verifiers),
        help=f"write `if {verifiers[0] if verifiers else 'VERIFIER'}() accept`",
        notes=notes,
    )
    return True


def _report_nobody(
    listener: x.TypedListener, walked: Walked | None, accepts: Sequence[Point], *, verifiers: Sequence[str], findings: Findings
) -> None:
    if walked is not None and any(_possible(walked, point.here) for point in accepts):
        return
    name = listener.name
    if walked is None or not _verified(walked):
        message = f"listener {name} offers AUTH, and no rule of `auth` asks a verifier: nobody could log in"
    else:
        message = f"listener {name} offers AUTH, and no rule of `auth` accepts anybody: nobody could log in"
    findings.add(
        "Q511",
        listener.span,
        message,
        why="without a verdict `auth` refuses: nobody has vouched for the password",
        allowed=_known(verifiers),
        help=f"add `on auth at {name}: if {verifiers[0] if verifiers else 'VERIFIER'}() accept`, or take `auth` from the listener",
    )


def _possible(walked: Walked, *literals: Lit) -> bool:
    try:
        return walked.world.possible(*literals) is not None
    except Spent:
        return True


def _known(verifiers: Sequence[str]) -> str:
    if not verifiers:
        return (
            "this version ships no verifier; a function of one's own declared `kind=Kind.VERIFIER`, brought in by `use`, is one"
        )
    return f"the verifiers are {words(verifiers, 'and')}" if len(verifiers) > 1 else f"the only verifier is {words(verifiers)}"
