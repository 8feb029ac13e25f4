"""The relay proof: no path through the rules may accept a stranger's mail for somebody else's domain.

Per listener, every path through `rcpt` that accepts a recipient, by `accept` or by falling through, must have met a
gate that answered true for that recipient, or `relay`. And `relay = true` needs on its path an authenticated user or a
constant list of networks. The proof is sound and simple: it follows facts through branches and verdicts, knows
nothing of values, and refuses what it cannot show. The engine checks the mark again for each recipient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import (
    EVERYONE,
    GATE,
    NO_FACTS,
    PROVED,
    RELAY,
    WANTED,
    Facts,
    Knowledge,
    about_this_recipient,
    expressions,
    may_be_passed_over,
    parts,
    statements,
)
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

Path = tuple[Note, ...]
States = Mapping[Facts, Path]
"""What can be known at a point of the rules, each with one way to get there."""

_EXAMPLE = "for example, client 203.0.113.9 says MAIL FROM:<a@example.net>, RCPT TO:<x@elsewhere.example>, and is answered 250"
_ALLOWED = "a gate about the recipient in hand that answered true, as `rcpthosts(domain)`; or `relay`"
_REMEDY = "put `unless rcpthosts(domain) deny` before it, in `rcpt`"


@dataclass(slots=True)
class Flow:
    """The walk through one hook of one listener; what it collects is where paths end."""

    knowledge: Knowledge
    accepts: list[tuple[Span, Path]] = field(default_factory=list)
    relays: list[tuple[x.Set, Path, bool]] = field(default_factory=list)
    skipped: dict[Facts, Path] = field(default_factory=dict)


def prove(rules: x.TypedRules, findings: Findings) -> None:
    """Adds a finding for each way in which these rules would relay for strangers."""
    for listener in rules.listeners:
        for hook, blocks in listener.hooks.items():
            flow, end = walk(hook, blocks)
            _report_relays(flow, findings)
            if hook == "rcpt":
                _report_accepts(listener, flow, end, findings)
        if "rcpt" not in listener.hooks and "rcpt" not in listener.in_doubt:
            _report_accepts(listener, Flow(Knowledge("rcpt")), {NO_FACTS: ()}, findings)


def walk(hook: str, blocks: tuple[x.Block, ...]) -> tuple[Flow, States]:
    """Follows every path through a hook; returns what it met, and what is known where the hook falls through."""
    flow = Flow(Knowledge(hook))
    states: States = {NO_FACTS: ()}
    for block in blocks:
        flow.skipped = {}
        states = _merge(_run(block.body, states, flow), flow.skipped)
    return flow, states


def _merge(*many: States) -> States:
    """Keeps one way, the shortest, to each set of facts: there are few sets, so the walk never explodes."""
    best: dict[Facts, Path] = {}
    for states in many:
        for facts, path in states.items():
            if facts not in best or len(path) < len(best[facts]):
                best[facts] = path
    return best


def _run(body: tuple[x.Stmt, ...], states: States, flow: Flow) -> States:
    for statement in body:
        states = _step(statement, states, flow)
    return states


def _step(statement: x.Stmt, states: States, flow: Flow) -> States:
    match statement:
        case x.Choose():
            return _choose(statement, states, flow)
        case x.Decide(verb=Verb.SKIP):
            flow.skipped = dict(_merge(flow.skipped, states))
            return {}
        case x.Decide():
            if statement.verb is Verb.ACCEPT:
                flow.accepts += [(statement.span, path) for facts, path in states.items() if WANTED not in facts]
            return {}
        case x.Do(call=call) if call.function.kind is Kind.DELIVERY:
            return {}
        case x.Set() if statement.target.name == "relay":
            return _set_relay(statement, states, flow)
        case x.Bind():
            if not any(isinstance(p, x.Read) and p.name.assignable for p in parts(statement.value)):
                flow.knowledge.bound[statement.key] = statement.value
    return states


def _choose(statement: x.Choose, states: States, flow: Flow) -> States:
    outcomes: list[States] = []
    for truth, branch in ((True, statement.then), (False, statement.orelse)):
        gained = flow.knowledge.gained(statement.condition, truth)
        if gained is not None:
            step = Note(statement.condition.span, f"this is {'true' if truth else 'false'}")
            outcomes.append(_run(branch, {f | gained: (*p, step) for f, p in states.items()}, flow))
    if may_be_passed_over(statement, flow.knowledge.bound):
        step = Note(statement.condition.span, "this cannot be answered, so the statement does nothing")
        outcomes.append(_run(statement.unknown or (), {f: (*p, step) for f, p in states.items()}, flow))
    return _merge(*outcomes)


def _set_relay(statement: x.Set, states: States, flow: Flow) -> States:
    after: dict[Facts, Path] = {}
    for facts, path in states.items():
        gained = flow.knowledge.gained(statement.value, True)
        surely_false = gained is None
        known = facts | (gained or NO_FACTS)
        if not surely_false and PROVED not in known:
            flow.relays.append((statement, path, EVERYONE in known))
        surely_true = flow.knowledge.gained(statement.value, False) is None
        kept = facts - {RELAY} if GATE in facts else facts - {RELAY, WANTED}
        after[kept | ({RELAY, WANTED} if surely_true else NO_FACTS)] = path
    return after


def _report_relays(flow: Flow, findings: Findings) -> None:
    for statement, path, everyone in flow.relays:
        if everyone:
            findings.add(
                "Q503",
                statement.span,
                "this lets every client relay: the list of networks holds every address",
                why="a list that contains 0.0.0.0/0 or ::/0 tells nothing about a client",
                help="name the networks that are yours",
                notes=path,
            )
        else:
            findings.add(
                "Q502",
                statement.span,
                "this lets a client relay that has proved nothing",
                why="`relay = true` needs, on its path, a user who has authenticated or a constant list of networks",
                allowed='`if ip in own_networks:` with `let own_networks = networks("relayclients")`, or `if authenticated:`',
                help="put it below such a test; to skip reputation checks only, write `trusted = true`",
                notes=path,
            )


def _report_accepts(listener: x.TypedListener, flow: Flow, end: States, findings: Findings) -> None:
    blocks = listener.hooks.get("rcpt", ())
    because = " ".join(_misleading(listener))
    for span, path in flow.accepts:
        findings.add(
            "Q501",
            span,
            f"open relay: this `accept` can be reached on listener {listener.name} for a domain that is not yours, "
            "by a client that may not relay",
            why=f"no gate has answered true for this recipient on the way here; {_EXAMPLE}. {because}".strip(),
            allowed=_ALLOWED,
            help=_REMEDY,
            notes=path,
        )
    if "rcpt" in listener.in_doubt and not _wrong_gates(blocks):
        return  # what was not understood may have been the gate
    for facts, path in end.items():
        if WANTED not in facts:
            span = blocks[-1].span if blocks else listener.span
            findings.add(
                "Q501",
                span,
                f"open relay: on listener {listener.name} the rules of `rcpt` can end without a verdict, which accepts, "
                "for a domain that is not yours, by a client that may not relay",
                why=f"no gate has answered true for this recipient on the way; {_EXAMPLE}. {because}".strip(),
                allowed=_ALLOWED,
                help=_REMEDY if blocks else "add `on rcpt: unless rcpthosts(domain) deny`",
                notes=path,
            )
            return


def _misleading(listener: x.TypedListener) -> Iterator[str]:
    """What looks like a guard in these rules and is none."""
    seen = set()
    for hook, blocks in listener.hooks.items():
        for part in _all_parts(blocks):
            text = ""
            if isinstance(part, x.FunctionCall) and part.function.kind is Kind.GATE:
                where = f"`{part.function.name}` in line {part.span.line}"
                if hook != "rcpt":
                    text = f"{where} stands in `{hook}`, where there is no recipient yet."
                elif not about_this_recipient(part):
                    text = f"{where} says nothing about this recipient: give it `domain`."
            elif isinstance(part, x.Read) and part.name.name == "trusted" and hook == "rcpt":
                text = "`trusted` skips reputation checks; it permits no relaying."
            if text and text not in seen:
                seen.add(text)
                yield text


def _wrong_gates(blocks: tuple[x.Block, ...]) -> bool:
    """True when a gate was asked, and not about the recipient in hand: then it is known what is wrong."""
    gates = [p for p in _all_parts(blocks) if isinstance(p, x.FunctionCall) and p.function.kind is Kind.GATE]
    return bool(gates) and not any(about_this_recipient(gate) for gate in gates)


def _all_parts(blocks: tuple[x.Block, ...]) -> Iterator[x.Expr]:
    for block in blocks:
        for statement in statements(block.body):
            for expression in expressions(statement):
                yield from parts(expression)
