"""Makes of the events of a session what happened in it, hook by hook: every rule that was met, what it read, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.values import Unknown
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.dsl.plan.traced import NOWHERE, Mark
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.record import Called, Entered, Event, Left, Noted, PutAside, Reached, Said, Saw
from qpsmtpd.runtime.lab.shown_values import shown, spelled_call

_TOLD = frozenset(
    {"rule-log", "lookup-failed", "error", "relay-stopped", "pending", "pending-ignored", "pending-dropped", "would-have"}
)
"""Records of the journal that belong to the rule before them."""


@dataclass(frozen=True, slots=True)
class Value:
    """Something that a rule has read: as the rules write it, and what it was. `seconds` is how long the answer took, if it was asked for."""

    source: str
    text: str
    kind: str = "value"
    seconds: float | None = None


@dataclass(slots=True)
class Met:
    """A rule that was met. `label` is its own, not that of a rule around it; `came` is what its condition was: `yes`, `no`, `unknown` or a value; empty when it has none.

    `applied` is the `apply` line that put it there, empty inside of another rule; `notes` are what it logged, what failed, and what would have been done.
    """

    span: Span
    rule: str
    label: str
    source: str
    depth: int
    came: str = ""
    applied: str = ""
    values: list[Value] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class HookStory:
    """The rules of a hook. `changed` are the facts that they have set: before and after; `final` what follows without a verdict."""

    hook: str
    met: list[Met] = field(default_factory=list)
    verdict: Verdict | None = None
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)
    final: str = ""


def story(events: Sequence[Event], bench: Bench) -> list[Said | HookStory]:
    """The session in order. Hooks in which no rule stands are left out."""
    told: list[Said | HookStory] = []
    here: _Hook | None = None
    for event in events:
        match event:
            case Said():
                told.append(event)
            case Entered():
                here = _Hook(event, bench)
            case Left() if here is not None:
                made = here.end(event)
                told += [made] if made.met else []
                here = None
            case _ if here is not None:
                here.take(event)
    return told


class _Hook:
    """A hook while its events come in."""

    def __init__(self, entered: Entered, bench: Bench) -> None:
        self._bench = bench
        self._before = entered.facts
        self._made = HookStory(entered.hook)
        self._by_mark: dict[int, Met] = {}
        self._calls: dict[str, Called] = {}

    def take(self, event: Event) -> None:
        match event:
            case Reached():
                self._reached(event.number)
            case Saw():
                self._saw(self._bench.marks[event.number], event.value)
            case PutAside() if self._made.met:
                self._made.met[-1].notes.append(f"would put the message into the quarantine {event.place or 'without a name'}")
            case Called():
                self._calls[event.function.name] = event
                if not event.executed and self._made.met:
                    self._made.met[-1].notes += _would(event)
            case Noted() if event.event in _TOLD and self._made.met:
                self._made.met[-1].notes.append(_noted(event))

    def end(self, left: Left) -> HookStory:
        self._made.verdict = left.verdict
        self._made.final = HOOKS[left.hook].final
        for name, value in left.facts.items():
            if value != self._before[name]:
                kind = READABLE[name][0].type
                self._made.changed[name] = shown(self._before[name], kind), shown(value, kind)
        return self._made

    def _reached(self, number: int) -> None:
        mark = self._bench.marks[number]
        node = mark.node
        assert isinstance(node, typed.Stated)
        around = self._bench.marks[mark.of].node if mark.of != NOWHERE else None
        own = ":" not in node.rule and not (isinstance(around, typed.Stated) and around.rule == node.rule)
        label = node.rule if own else ""
        met = Met(mark.span, node.rule, label, _source(node, self._bench), _depth(mark, self._bench))
        if mark.of == NOWHERE and mark.applied:
            last = mark.applied[-1]
            met.applied = f"apply {last.policy}, {last.span.file}:{last.span.line}"
        self._by_mark[number] = met
        self._made.met.append(met)

    def _saw(self, mark: Mark, value: object) -> None:
        met = self._by_mark.get(mark.of)
        if met is None or not isinstance(mark.node, typed.Typed):
            return
        text = shown(value, mark.node.type)
        if mark.kind == "condition":
            met.came = _came(value, text)
            return
        seconds = None
        if isinstance(mark.node, typed.FunctionCall) and (call := self._calls.pop(mark.node.function.name, None)):
            seconds = call.seconds if call.executed else None
            for each in _asked(mark.node, call, self._bench):
                _add(met, each)
        _add(met, Value(self._bench.source(mark.span), text, mark.kind, seconds))


def _add(met: Met, value: Value) -> None:
    """Adds what is not told yet; that a value is there is told by the value."""
    told = [each.source for each in met.values if value.kind == "part" or each.text == value.text]
    if value.source not in told:
        met.values.append(value)


def _came(value: object, text: str) -> str:
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else text


def _asked(node: typed.FunctionCall, call: Called, bench: Bench) -> Iterator[Value]:
    """What a call was asked about, as far as the rules do not say it themselves."""
    for argument, value in zip(node.arguments, call.arguments, strict=True):
        if not isinstance(argument, typed.Const):
            yield Value(bench.source(argument.span), shown(value, argument.type))


def _source(node: typed.Stated, bench: Bench) -> str:
    """The statement's first line; of a condition on an `on` or `apply` line that whole line."""
    span = node.span
    if isinstance(node, typed.Choose) and span == node.condition.span:
        lines = bench.sources.get(span.file, ())
        return lines[span.line - 1].strip() if span.line <= len(lines) else ""
    return bench.source(span)


def _depth(mark: Mark, bench: Bench) -> int:
    depth = 0
    while mark.of != NOWHERE:
        mark, depth = bench.marks[mark.of], depth + 1
    return depth


def _would(call: Called) -> list[str]:
    """What was not done; an answer that was only told is none."""
    if call.function.kind.value == "delivery":
        return [f"would deliver by {spelled_call(call.function, call.arguments)}"]
    return [f"would do {spelled_call(call.function, call.arguments)}"] if call.function.kind.value == "effect" else []


def _noted(event: Noted) -> str:
    fields: Mapping[str, object] = event.fields
    match event.event:
        case "rule-log":
            return f"log: {fields['text']}"
        case "lookup-failed":
            detail = f", {fields['detail']}" if fields["detail"] else ""
            return f"{fields['function']} failed: {fields['reason']}{detail}"
        case "error":
            return f"broke: {str(fields.get('traceback', fields.get('error', ''))).rstrip().splitlines()[-1]}"
        case "pending":
            return f"kept for {fields['at']}: {fields['verdict']}"
        case "pending-ignored":
            return f"not kept, since the verdict of {fields['first']} is kept already"
        case "pending-dropped":
            return f"the kept {fields['verdict']} is dropped: {fields['because']}"
        case "would-have":
            return f"would have said: {fields['verdict']}"
    return f"{event.event}: {', '.join(f'{name} {value}' for name, value in fields.items() if name != 'session')}"
