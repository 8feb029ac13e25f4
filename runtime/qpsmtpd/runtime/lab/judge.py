"""Decides whether a step of a test went as it says, and what a failure is.

Which rule decided is read from what the hooks have returned; what only the engine decided has no rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.trials import Step, Wanted
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.line import Reply
from qpsmtpd.runtime.lab.record import Event, Left, Noted, Reached, Saw

_OUT_OF_ORDER = 503
_CLASS = {Verb.DENY: (5,), Verb.DEFER: (4,), Verb.ACCEPT: (2, 3), Verb.DISCARD: (2,), Verb.QUARANTINE: (2,)}
_OBSERVING = ("queue_post", "denied", "accepted", "reset_transaction", "disconnect")
_TELLING_NOTHING = (typed.Choose, typed.Match, typed.Bind, typed.Shadow, typed.Enforce)
"""Statements that have done nothing when they are reached."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and by which rule (a label, file:line, or nothing)."""

    verb: str
    rule: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that went otherwise than it says.

    `kind`: `answered otherwise`, `out of order`, `closed`, `unanswered`, `not reached`, `unknown`, `false`, `not fired`.
    `start` and `end` are where its events stand among those of the test.
    """

    step: Step
    kind: str
    wanted: Wanted | None = None
    reply: Reply | None = None
    decision: Decision | None = None
    call: str = ""
    rule: str = ""
    hook: str = ""
    start: int = 0
    end: int = 0

    def since(self, start: int, end: int) -> Failure:
        """The same, knowing its events."""
        return replace(self, start=start, end=end)


def judge(step: Step, wanted: Wanted | None, answer: Sequence[Reply], events: Sequence[Event], *, closed: bool) -> Failure | None:
    """What is wrong with the answer to a step; None when it is as it should be, or nothing is expected of it."""
    reply = answer[0] if answer else None
    decision = decided(events)
    if reply is not None and reply.code == _OUT_OF_ORDER and (wanted is None or not wanted.code):
        return Failure(step, "out of order", wanted, reply, decision)
    if wanted is None or (reply is not None and _fits(wanted, reply, decision, closed)):
        return None
    return Failure(step, "answered otherwise", wanted, reply, decision)


def _fits(wanted: Wanted, reply: Reply, decision: Decision | None, closed: bool) -> bool:
    verb = decision.verb if decision is not None else ""
    quarantined = wanted.verb is Verb.QUARANTINE
    return (
        reply.code // 100 in _CLASS.get(wanted.verb, (2, 3, 4, 5))
        and (wanted.verb in (Verb.DENY, Verb.DEFER) or verb == wanted.verb.value or (wanted.verb is Verb.ACCEPT and not verb))
        and wanted.code in (0, reply.code)
        and wanted.enhanced in ("", reply.enhanced)
        and (
            not wanted.text
            or (decision is not None and decision.place == wanted.text if quarantined else wanted.text in reply.text)
        )
        and (closed or not wanted.disconnect)
        and wanted.rule in ("", decision.rule if decision is not None else "")
    )


def decided(events: Sequence[Event]) -> Decision | None:
    """What the rules have decided last; what became of the message, when they decided that before its end."""
    for event in reversed(events):
        if isinstance(event, Left) and event.verdict is not None and event.hook not in _OBSERVING:
            verdict = event.verdict
            return Decision(verdict.verb.value, verdict.rule, verdict.place)
    for event in reversed(events):
        if isinstance(event, Noted) and event.event == "message":
            return Decision(str(event.fields["verdict"]), str(event.fields["rule"]))
    return None


def fired(label: str, events: Sequence[Event], bench: Bench) -> bool:
    """True when the rule with that label has done something: its condition was true, or it has none and was come by."""
    return any(_tells(event, label, bench) for event in events)


def _tells(event: Event, label: str, bench: Bench) -> bool:
    if isinstance(event, Saw):
        mark = bench.marks[event.number]
        statement = bench.marks[mark.of].node
        named = isinstance(statement, typed.Choose) and statement.rule == label
        return named and mark.kind == "condition" and event.value is True and statement.span != mark.span
    if isinstance(event, Reached):
        node = bench.marks[event.number].node
        return isinstance(node, typed.Stated) and node.rule == label and not isinstance(node, _TELLING_NOTHING)
    return False
