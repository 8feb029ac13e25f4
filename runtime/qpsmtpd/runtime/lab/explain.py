"""Makes of a failed step what a person needs to see: what was wanted and what came, the rule that decided, what it read, the dialogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.trials import Wanted
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.plan.traced import NOWHERE, Mark
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.judge import Failure
from qpsmtpd.runtime.lab.record import Called, Event, Left, Noted, Reached, Said, Saw
from qpsmtpd.runtime.lab.shown_values import shown
from qpsmtpd.runtime.lab.trial_run import Outcome


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failure in words. `span` is what was not as it should be; `rule` is a label or file:line, `place` where it stands;
    `values` are pairs of source and value, `trouble` what broke.
    """

    span: Span
    message: str
    wanted: str = ""
    got: str = ""
    rule: str = ""
    place: Span | None = None
    values: tuple[tuple[str, str], ...] = ()
    trouble: tuple[str, ...] = ()
    dialogue: tuple[Said, ...] = ()
    help: str = ""


def explanation(outcome: Outcome, bench: Bench) -> Explanation:
    """Why a test has failed."""
    failure = outcome.failure
    assert failure is not None
    events = outcome.events[failure.start : failure.end]
    deciding = _deciding(events, bench)
    message, help = _words(failure, outcome.events, bench)
    kept = deciding is not None and isinstance(bench.marks[deciding].node, typed.Enforce)
    rule = failure.rule if failure.kind == "not fired" else failure.decision.rule if kept and failure.decision else ""
    values = _values_of(rule, outcome.events, bench) if rule else _values(events, _around(deciding, bench), bench)
    otherwise = failure.wanted if failure.kind == "answered otherwise" else None
    return Explanation(
        failure.step.span if otherwise is None else otherwise.span,
        message,
        _wanted(failure.wanted) if failure.wanted else "",
        _got(failure),
        _called(failure.decision.rule) if failure.decision is not None else "",
        bench.marks[deciding].span if deciding is not None else None,
        tuple(values.items()),
        tuple(_trouble(events)),
        tuple(event for event in outcome.events[: failure.end] if isinstance(event, Said)),
        help,
    )


def _trouble(events: Sequence[Event]) -> Iterator[str]:
    """The last line of each traceback: what broke in a rule or function."""
    for event in events:
        if isinstance(event, Noted) and event.fields.get("traceback"):
            yield str(event.fields["traceback"]).rstrip().rpartition("\n")[2]


def _words(failure: Failure, events: Sequence[Event], bench: Bench) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    match failure.kind:
        case "answered otherwise":
            return "the step was answered otherwise", ""
        case "out of order":
            return "the step was not possible here", "look at the answers before it; a test of such an answer says `-> deny 503`"
        case "closed":
            return "the server had closed the connection before this step", "look at the answers before it"
        case "unanswered":
            who = f" by {_called(failure.rule)}" if failure.rule else ""
            message = f"`{failure.call}` was asked{who}, and the test gives no answer"
            return message, f"write `given {failure.call} = …` above this step, or `given {failure.call} fails`"
        case "not reached":
            return f"it reads what is known from `{failure.hook}` on, and the rules did not get there", ""
        case "unknown":
            return "what is expected is unknown: it needs a call that failed", ""
        case "not fired":
            never = not any(isinstance(e, Reached) and _rule(e.number, bench) == failure.rule for e in events)
            return f"the rule {_called(failure.rule)} has done nothing" + (": it was never reached" if never else ""), ""
    return "what is expected is not so", ""


def _called(rule: str) -> str:
    """A rule's name as one speaks of it: labels have their sign."""
    return rule if ":" in rule or not rule else f"@{rule}"


def _wanted(wanted: Wanted) -> str:
    parts = [wanted.verb.value, str(wanted.code or ""), wanted.enhanced, f'"{wanted.text}"' if wanted.text else ""]
    parts += ["and disconnect" if wanted.disconnect else "", f"by @{wanted.rule}" if wanted.rule else ""]
    return " ".join(filter(None, parts))


def _got(failure: Failure) -> str:
    if failure.reply is None:
        return "nothing" if failure.kind == "answered otherwise" else ""
    kindly = failure.decision.verb if failure.decision and failure.decision.verb in ("discard", "quarantine", "reply") else ""
    return f"{failure.reply}{f' ({kindly})' if kindly else ''}"


def _rule(number: int, bench: Bench) -> str:
    """The rule's name at a mark of a statement."""
    node = bench.marks[number].node
    return node.rule if isinstance(node, typed.Stated) else ""


def _deciding(events: Sequence[Event], bench: Bench) -> int | None:
    """The mark of the statement that decided: the last one reached before the last verdict."""
    for place in range(len(events) - 1, -1, -1):
        event = events[place]
        if isinstance(event, Left) and event.verdict is not None:
            before = (e.number for e in reversed(events[:place]) if isinstance(e, Reached))
            return next(before, None)
    return None


def _around(number: int | None, bench: Bench) -> frozenset[int] | None:
    """A statement and those around it; None when it is none."""
    if number is None:
        return None
    found = set()
    while number != NOWHERE:
        found.add(number)
        number = bench.marks[number].of
    return frozenset(found)


def _values(events: Sequence[Event], around: frozenset[int] | None, bench: Bench) -> dict[str, str]:
    """What these statements have read (all of them when None), by source; each value once, as it was read last."""
    told: dict[str, str] = {}
    asked: dict[str, Called] = {}
    for event in events:
        if isinstance(event, Called):
            asked[event.function.name] = event
        elif isinstance(event, Saw):
            mark = bench.marks[event.number]
            if mark.kind == "value" and (around is None or mark.of in around):
                told.update(_arguments(mark, asked, bench))
                told[bench.source(mark.span)] = shown(event.value, _type(mark))
    return told


def _values_of(rule: str, events: Sequence[Event], bench: Bench) -> dict[str, str]:
    """What the statements of a rule have read."""
    return _values(events, frozenset(mark.number for mark in bench.marks if _rule(mark.number, bench) == rule), bench)


def _arguments(mark: Mark, asked: Mapping[str, Called], bench: Bench) -> Iterator[tuple[str, str]]:
    """What a call was asked about, as far as the rules do not say it themselves."""
    node = mark.node
    call = asked.get(node.function.name) if isinstance(node, typed.FunctionCall) else None
    if isinstance(node, typed.FunctionCall) and call is not None:
        for argument, value in zip(node.arguments, call.arguments, strict=True):
            if not isinstance(argument, typed.Const):
                yield bench.source(argument.span), shown(value, argument.type)


def _type(mark: Mark) -> Type:
    assert isinstance(mark.node, typed.Typed)
    return mark.node.type
