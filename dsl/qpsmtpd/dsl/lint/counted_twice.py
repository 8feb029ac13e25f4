"""Q621: an event that adds to the score more than once, though it happens once.

Two statements with the same condition count it twice. In `rcpt` rules run for each recipient, so what has nothing to do
with the recipient counts as often as there are recipients. An amount with a name (`as NAME`) counts once a message.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.everywhere import Everywhere
from qpsmtpd.dsl.check.flow import blocks_with, parts
from qpsmtpd.dsl.check.likeness import likeness
from qpsmtpd.dsl.check.reached import Reached, Under, reached
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Scope
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.services import Envelope
from qpsmtpd.dsl.syntax.tree import Span

_STABLE = frozenset({"s.ip", "s.port", "s.server_ip", "s.server_port", "s.listener"})
"""What never changes while a connection lasts."""
_CHANGING = ("now", "pending", "symbols")
_GRANTED = ("s.relay", "s.trusted")
"""Of what rules can set, that which is the same for all recipients."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A statement that scores, by the condition right around it."""

    hook: str
    here: Reached
    scored: x.Set
    event: Under
    around: Mapping[int, Under]
    """All the conditions around it, by the number of what they ask."""


@dataclass(slots=True)
class _Questions:
    """Numbers conditions: those that ask the same have the same number."""

    rules: x.TypedRules
    """Keeps the conditions, and so their identities."""
    _seen: dict[int, int] = field(default_factory=dict)
    _numbers: dict[Hashable, int] = field(default_factory=dict)

    def number(self, condition: x.Expr) -> int:
        key = id(condition)
        if key not in self._seen:
            self._seen[key] = self._numbers.setdefault(likeness(condition), len(self._numbers))
        return self._seen[key]


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each statement that counts again what an earlier one has counted, and for each that counts per recipient."""
    each_time: Everywhere[_Counted] = Everywhere()
    scoring = blocks_with(rules, _scores)
    questions = _Questions(rules)
    for listener in rules.listeners:
        first: dict[Hashable, list[_Counted]] = {}
        for counted in _scoring(listener, scoring, questions):
            each_time.saw(counted.here.place, counted if _once_a_recipient(counted) else None)
            alike = first.setdefault(_event(counted), [])
            other = next((earlier for earlier in alike if _both(earlier, counted)), None)
            if other is None:
                alike.append(counted)
            else:
                _report_twice(counted, other, findings)
    for span, counted in each_time:
        _report_each(span, counted, findings)


def _scores(statement: x.Stmt) -> bool:
    return isinstance(statement, x.Set) and statement.target.code == "s.score" and statement.operator != "="


def _scoring(listener: x.TypedListener, scoring: frozenset[int], questions: _Questions) -> Iterator[_Counted]:
    for hook in (hook for hook in ORDER if not scoring.isdisjoint(map(id, listener.hooks.get(hook, ())))):
        for here in reached(listener.hooks[hook], listener.name):
            scored = here.statement
            if not isinstance(scored, x.Set) or not _scores(scored) or not here.under or here.shadow:
                continue
            if _is_event(here.under[-1].condition):
                around = {questions.number(under.condition): under for under in map(_bare, here.under)}
                yield _Counted(hook, here, scored, _bare(here.under[-1]), around)


def _is_event(condition: x.Expr) -> bool:
    """True when the condition asks about more than what rules themselves have set."""
    read = [part for part in parts(condition) if isinstance(part, (x.Read, x.FunctionCall, x.Local))]
    return any(not (isinstance(part, x.Read) and part.name.assignable) for part in read)


def _event(counted: _Counted) -> Hashable:
    return (likeness(counted.event.condition), counted.event.holds, counted.event.values)


def _both(one: _Counted, other: _Counted) -> bool:
    """True when both can count the same event of one message."""
    if one.event.condition is other.event.condition or (one.scored.alias and one.scored.alias == other.scored.alias):
        return False
    if one.hook != other.hook and not _lasting(one.event.condition):
        return False
    return not any(_excludes(one.around.get(number), under) for number, under in other.around.items())


def _bare(under: Under) -> Under:
    """The same without `not`."""
    while isinstance(under.condition, x.Not):
        under = replace(under, condition=under.condition.operand, holds=None if under.holds is None else not under.holds)
    return under


def _excludes(one: Under | None, other: Under) -> bool:
    """True when what holds around one statement cannot hold around the other."""
    if one is None or (one.holds, one.values) == (other.holds, other.values):
        return False
    return one.holds != other.holds or not set(one.values) & set(other.values)


def _lasting(condition: x.Expr) -> bool:
    """True when the condition is the same in every hook."""
    for part in parts(condition):
        if isinstance(part, x.Local) or (isinstance(part, x.Read) and part.name.code not in _STABLE):
            return False
        if isinstance(part, x.FunctionCall) and part.function.scope is not Scope.CONNECTION:
            return False
    return True


def _once_a_recipient(counted: _Counted) -> bool:
    """True in `rcpt`, without a name, where nothing depends on the recipient in hand or on those before it."""
    if counted.hook != "rcpt" or counted.scored.alias:
        return False
    asked = [*(under.condition for under in counted.here.under), counted.scored.value]
    return not any(_about_recipients(part) for expression in asked for part in parts(expression))


def _about_recipients(part: x.Expr) -> bool:
    match part:
        case x.Read(name=row):
            return row.code.startswith("t.recipient") or row.name in _CHANGING or (row.assignable and row.code not in _GRANTED)
        case x.FunctionCall(function=function):
            return function.scope is Scope.CALL or any(service is Envelope for _, service in function.services)
        case x.Local():
            return True
    return False


def _report_twice(counted: _Counted, other: _Counted, findings: Findings) -> None:
    same = counted.here.place == other.here.place
    findings.add(
        "Q621",
        counted.here.place,
        "this counts the same thing a second time",
        why="the condition around it is that of an earlier statement that has scored already",
        help="let one of them have the whole amount, or give both the same name behind `as`: then it counts once a message",
        notes=[] if same else [Note(other.here.place, "here it has been counted")],
    )


def _report_each(span: Span, counted: _Counted, findings: Findings) -> None:
    findings.add(
        "Q621",
        span,
        "this counts once for each recipient, and has nothing to do with the recipient",
        why="`rcpt` runs for every recipient: a message to ten of them gets the amount ten times",
        help="give it a name, as in `score += 2 as LISTED`: then it counts once a message; or move it to `mail`",
    )
