"""What is said of rules that can never do anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.proof.blame import Blame
from qpsmtpd.dsl.proof.thresholds import Threshold
from qpsmtpd.dsl.syntax.tree import Span

_TAKE_AWAY = "take it away, or ask what was meant"
_ORDER = "the first verdict ends the hook; rules run in written order"
_LOGIN = "on this listener nobody gets here who has not authenticated"
_PARTS = 12
"""Parts of a sum that are named."""


@dataclass(frozen=True, slots=True)
class Dead:
    """Something that never happens: `what` is it, `why` it cannot."""

    what: What
    why: Blame

    def tell(self, findings: Findings) -> None:
        """Adds the finding."""
        match self.what:
            case Condition():
                _condition(self.what, self.why, findings)
            case Branch():
                _branch(self.what, self.why, findings)
            case Following():
                _following(self.what, self.why, findings)
            case Threshold():
                _threshold(self.what, self.why, findings)


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of an `if` that is never true, or `always` is."""

    statement: x.Choose
    always: bool
    unless: bool
    """What is written is the opposite."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that never runs: `name` says of which kind it is."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Following:
    """A statement or block that is never reached; `before` is what stands before it."""

    span: Span
    before: x.Stmt | x.Block


What = Condition | Branch | Following | Threshold


def _condition(what: Condition, why: Blame, findings: Findings) -> None:
    span = what.statement.condition.span
    word = "always true" if what.always is not what.unless else "never true"
    twin = why.twin
    if not why.notes:
        alone = f"no case makes it {'false' if word == 'always true' else 'true'}, whatever the client does"
        reason = _LOGIN if why.by_login else alone
        findings.add("Q605", span, f"this condition is {word}", why=reason, help=_TAKE_AWAY, notes=why.brought)
    elif what.always:
        message = f"this condition is {word} here: earlier lines take every {'other' if word == 'always true' else 'such'} case"
        findings.add(
            "Q651",
            span,
            message,
            why=_ORDER,
            help="leave the condition out, or ask what was meant",
            notes=why.notes + why.brought,
        )
    elif twin is not None and (verdicts := _different(twin.then, what.statement.then)):
        findings.add(
            "Q653",
            span,
            f"the same condition stands in line {twin.condition.span.line} already, with `{verdicts[0]}` and not `{verdicts[1]}`:"
            " only the first is used",
            why=_ORDER,
            help="keep the one that is meant",
            notes=[Note(twin.condition.span, "this takes every such case"), *why.brought],
        )
    else:
        case = "other" if word == "always true" else "such"
        taken = f"the same condition takes every {case} case before it" if twin else f"earlier lines take every {case} case"
        findings.add(
            "Q650", span, f"this condition is {word} here: {taken}", why=_ORDER, help=_MOVE, notes=why.notes + why.brought
        )


_MOVE = "move the rule above them, or take it away"


def _different(one: Sequence[x.Stmt], other: Sequence[x.Stmt]) -> tuple[str, str] | None:
    """The two verdicts, when both bodies have one and they are not the same."""
    first, second = _verdict(one), _verdict(other)
    if first is None or second is None or (first.verb, first.code, first.at) == (second.verb, second.code, second.at):
        return None
    same = first.verb is second.verb
    return _named(first, same), _named(second, same)


def _verdict(body: Sequence[x.Stmt]) -> x.Decide | None:
    return next((s for s in body if isinstance(s, x.Decide)), None)


def _named(verdict: x.Decide, whole: bool) -> str:
    return f"{verdict.verb.value} {verdict.code}{f' at {verdict.at}' if verdict.at else ''}" if whole else verdict.verb.value


def _branch(what: Branch, why: Blame, findings: Findings) -> None:
    if what.name == "unknown" and not why.notes:
        message, reason = "this `unknown` branch never runs", "everything that the condition asks has always an answer"
    elif not why.notes:
        message, reason = f"this {what.name} never runs", "no case leads here, whatever the client does"
    else:
        message, reason = f"this {what.name} never runs: earlier lines take every such case", _ORDER
    findings.add("Q650", what.span, message, why=reason, help=_TAKE_AWAY, notes=why.notes + why.brought)


def _following(what: Following, why: Blame, findings: Findings) -> None:
    killer = always_ends(what.before)
    if killer is not None:
        findings.add(
            "Q601",
            what.span,
            "this can never run: the verdict before it takes every case",
            why=_ORDER,
            help="move it above that verdict, or give the verdict a condition",
            notes=[Note(killer, "this always decides"), *why.brought],
        )
    else:
        findings.add(
            "Q650", what.span, "this can never run: earlier lines take every case", why=_ORDER, help=_MOVE, notes=why.notes
        )


def _threshold(what: Threshold, where: Blame, findings: Findings) -> None:
    low = what.limit <= what.sum.least
    bound = what.sum.least if low else what.sum.most
    made_of = what.sum.made_of
    notes = [] if low else [Note(part.span, f"this adds at most {_number(part.amount)}") for part in made_of[:_PARTS]]
    notes += where.brought
    listed = ", ".join(f"`{part.name}` {_number(part.amount)}" for part in made_of[:_PARTS])
    rest = f" and {len(made_of) - _PARTS} more" if len(made_of) > _PARTS else ""
    if not low and not made_of:
        message = f"the score never gets to {_number(what.limit)} here: no rule that runs before adds to it"
        why = "without one, the score is 0"
    else:
        gets = "below" if low else "to" if what.limit > bound else "above"
        message = (
            f"the score never gets {gets} {_number(what.limit)} here: it is at {'least' if low else 'most'} {_number(bound)}"
        )
        why = "nothing takes that much away before" if low else f"all that can be added before this line: {listed}{rest}"
    findings.add("Q652", what.comparison.span, message, why=why, help="change the number, or what the rules add", notes=notes)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)


def always_ends(what: x.Stmt | x.Block) -> Span | None:
    """Where it ends the hook in any case, seen from its form alone."""
    match what:
        case x.Block(body=body):
            return None if _may_skip(body) else _last(body)
        case x.Decide():
            return what.span if what.final else None
        case x.Do(call=call):
            return what.span if call.function.kind is Kind.DELIVERY else None
        case x.Choose(then=then, orelse=orelse):
            return what.span if orelse and _last(then) and _last(orelse) else None
        case x.Match(cases=cases, orelse=orelse):
            whole = not orelse or _last(orelse)
            return what.span if whole and all(_last(case.body) for case in cases) else None
    return None


def _last(body: Sequence[x.Stmt]) -> Span | None:
    return next((span for s in body if (span := always_ends(s))), None)


def _may_skip(body: Sequence[x.Stmt]) -> bool:
    return any(isinstance(s, x.Decide) and s.verb is Verb.SKIP for s in body)
