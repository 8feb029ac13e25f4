"""The relay proof: no path through the rules may accept a stranger's mail for somebody else's domain.

Per listener, each path through `rcpt` that accepts a recipient, by `accept` or by falling through, must have met a gate
that answered true for that recipient, or `relay`. What the proof cannot show it refuses: when it runs out of steps, the
rules do not pass either. Where the mistake is one that is often made, it is told as that mistake. The engine checks
the mark again for each recipient. That `relay` itself is proved is the matter of `relaying`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import about_this_recipient, expressions, parts, statements
from qpsmtpd.dsl.check.wording import spelled
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.proof.cases import TOLD, cases
from qpsmtpd.dsl.proof.graph import Lit
from qpsmtpd.dsl.proof.hooks_walked import RELAY, Walked
from qpsmtpd.dsl.proof.meaning import Asked, Env
from qpsmtpd.dsl.proof.solver import Spent
from qpsmtpd.dsl.proof.story import envelope, way
from qpsmtpd.dsl.proof.world import Model
from qpsmtpd.dsl.syntax.tree import Span

_TRUSTED = "s.trusted"
_ALLOWED = "a gate about the recipient in hand that answered true, as `rcpthosts(domain)`; or `relay`"
_REMEDY = "put `unless rcpthosts(domain) deny` before it, in `rcpt`"


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of `rcpt` that accepts: at a statement, or by falling through."""

    when: Lit
    env: Env
    accept: x.Stmt | None


@dataclass(slots=True)
class Relay:
    """The proof for one listener after the other. What was shown of rules holds wherever the same ones are walked in the same way."""

    findings: Findings
    _shown: set[int] = field(default_factory=set)
    _told: int = 0

    def prove(self, listener: x.TypedListener, hooks: Mapping[str, Walked]) -> None:
        """Adds a finding for each way in which a recipient would be accepted without a proof."""
        walked = hooks["rcpt"]
        if "rcpt" in listener.in_doubt and not _only_wrong_gates(walked):
            return  # what was not understood may have been the gate
        if id(walked) not in self._shown and self._told < TOLD:
            told = self._ways_out([_Escape(listener, walked, one, self.findings) for one in _ways(walked)], walked)
            self._told += told
            if not told:
                self._shown.add(id(walked))

    def _ways_out(self, escapes: list[_Escape], walked: Walked) -> int:
        """Tells of them, and how many there were to tell of."""
        left = escapes[:]
        try:
            for escape, model in cases(walked.world, escapes, lambda escape: escape.taken, [*_unproved(walked)]):
                escape.tell(model)
                left.remove(escape)
        except Spent:
            left.pop(0).tell_unclear()
        return len(escapes) - len(left)


def _ways(walked: Walked) -> Iterator[Way]:
    for point in walked.walk.accepts():
        yield Way(point.here, point.env, point.statement)
    yield Way(walked.end.here, walked.end.env, None)


def _gates(walked: Walked) -> list[Asked]:
    return [asked for asked in walked.walk.meaning.asked if asked.call.function.kind is Kind.GATE]


def _unproved(walked: Walked) -> Iterator[Lit]:
    """What is true where no gate has vouched for the recipient, and all is well with what was asked."""
    for asked in _gates(walked):
        if _right(asked):
            yield -asked.yes
    for doubt in walked.walk.meaning.doubts:
        yield -doubt


def _right(asked: Asked) -> bool:
    return asked.counts and about_this_recipient(asked.call)


def _only_wrong_gates(walked: Walked) -> bool:
    """True when a gate was asked, and not about the recipient in hand: then it is known what is wrong."""
    gates = _gates(walked)
    return bool(gates) and not any(map(_right, gates))


@dataclass(frozen=True, slots=True)
class _Escape:
    """One way to leave `rcpt`, accepted, and what there is to say of cases that do so without a proof."""

    listener: x.TypedListener
    walked: Walked
    way: Way
    findings: Findings

    @property
    def taken(self) -> Lit:
        """True when a client that may not relay comes this way."""
        return self.walked.world.graph.both(self.way.when, -self.walked.now(self.way.env, RELAY))

    def _case(self, *excluded: Lit) -> Model | None:
        """A case in which none of the excluded things is so."""
        return self.walked.world.possible(self.taken, *_unproved(self.walked), *(-literal for literal in excluded))

    def tell_unclear(self) -> None:
        """Adds the finding that no such case could be excluded."""
        why = "that no stranger gets there could not be shown: there are too many cases"
        self._add("Q501", self._span, self._what(), (), why=why)

    def tell(self, model: Model) -> None:
        """Adds the finding that there is such a case."""
        if not self.walked.blocks:
            return self._no_rules(model)
        gates = _gates(self.walked)
        right, wrong = [g for g in gates if _right(g)], [g for g in gates if not _right(g)]
        graph = self.walked.world.graph
        failing = self._needed(right, [graph.both(g.when, -g.answered) for g in right])
        if failing is not None:
            return self._fails_open(failing, model)
        used = self._needed(wrong, [g.yes for g in wrong])
        elsewhere = [] if right else [*_elsewhere(self.listener)]
        if used is not None or (wrong and not right):
            return self._wrong_gate((used or wrong[0]).call, "rcpt", model, shadowed=not (used or wrong[0]).counts)
        if elsewhere:
            return self._wrong_gate(elsewhere[0][1], elsewhere[0][0], model, shadowed=False)
        if right and self._wrong_way_round(right):
            return self._turned(right[0].call, model)
        if self._case(self.walked.now(self.way.env, _TRUSTED)) is None:
            return self._trusted(model)
        return self._add("Q501", self._span, self._what(), way(self.walked, model, self.way.accept), why=self._why(model))

    def _needed(self, gates: Sequence[Asked], so: Sequence[Lit]) -> Asked | None:
        """The gate without which being `so` there would be no such case."""
        if not gates:
            return None
        against = self.walked.world.against(self.taken, *_unproved(self.walked), *(-each for each in so))
        if against is None:
            return None
        to_blame = ((gate, each) for gate, each in zip(gates, so, strict=True) if -each in against)
        return next((gate for gate, each in to_blame if self._case(each) is None), gates[0])

    def _wrong_way_round(self, gates: Sequence[Asked]) -> bool:
        """True when the gate is asked, and nobody for whom it answers true is accepted by anything."""
        world = self.walked.world
        accepted = world.graph.some(each.when for each in _ways(self.walked))
        yes = world.graph.some(gate.yes for gate in gates)
        return world.possible(yes) is not None and world.possible(accepted, yes) is None

    # --- what is said

    @property
    def _span(self) -> Span:
        if self.way.accept is not None:
            return self.way.accept.span
        written = [b for b in self.walked.blocks if not all(isinstance(s, x.Enforce) for s in b.body)]
        return written[-1].span if written else self.listener.span

    def _what(self) -> str:
        name = self.listener.name
        if self.way.accept is not None:
            return (
                f"open relay: this `accept` can be reached on listener {name} for a domain that is not yours, "
                "by a client that may not relay"
            )
        return (
            f"open relay: on listener {name} the rules of `rcpt` can end without a verdict, which accepts, "
            "for a domain that is not yours, by a client that may not relay"
        )

    def _why(self, model: Model) -> str:
        return f"no gate has answered true for this recipient on the way; for example, {envelope(model)}, and is answered 250"

    def _add(self, code: str, span: Span, message: str, notes: Sequence[Note], *, why: str, help: str = _REMEDY) -> None:
        self.findings.add(code, span, message, why=why, allowed=_ALLOWED, help=help, notes=notes)

    def _fails_open(self, gate: Asked, model: Model) -> None:
        name = gate.call.function.name
        self._add(
            "Q504",
            gate.call.span,
            f"while `{name}` cannot answer, listener {self.listener.name} takes mail for any domain from anybody",
            way(self.walked, model, self.way.accept),
            why=f"where the answer does not come the rules go on here, and the recipient is accepted; for example, {envelope(model)}",
            help=f"write `unless {name}(domain) deny` without more: a client is then asked to try again later (451)",
        )

    def _wrong_gate(self, call: x.FunctionCall, hook: str, model: Model, *, shadowed: bool) -> None:
        written = f"`{call.function.name}({', '.join(spelled(a) for a in call.arguments[:1])})`"
        message = f"open relay: {written} says nothing about this recipient"
        if hook != "rcpt":
            message = f"open relay: {written} in `{hook}` says nothing about a recipient: there is none yet"
        elif shadowed:
            message = f"open relay: {written} under `shadow` lets nobody in and keeps nobody out"
        self._add(
            "Q505",
            call.span,
            message,
            way(self.walked, model, self.way.accept),
            why=f"only a gate that was asked in `rcpt` about the recipient in hand tells that it is yours to take; on listener "
            f"{self.listener.name}, for example, {envelope(model)}, and is answered 250",
            help=f"ask `{call.function.name}(domain)` in `rcpt`: `unless {call.function.name}(domain) deny`",
        )

    def _turned(self, call: x.FunctionCall, model: Model) -> None:
        name = call.function.name
        self._add(
            "Q505",
            call.span,
            f"open relay: `{name}` is asked the wrong way round: what is yours is refused, and all else accepted",
            way(self.walked, model, self.way.accept),
            why=f"on listener {self.listener.name}, for example, {envelope(model)}, and is answered 250",
            help=f"write `unless {name}(domain) deny`",
        )

    def _no_rules(self, model: Model) -> None:
        elsewhere = next(_elsewhere(self.listener), None)
        why = f"no gate has answered true for this recipient; for example, {envelope(model)}, and is answered 250"
        if elsewhere is not None:
            why += f"; what `{elsewhere[1].function.name}` answers in `{elsewhere[0]}` says nothing about a recipient"
        self._add(
            "Q501" if elsewhere is None else "Q505",
            self.listener.span if elsewhere is None else elsewhere[1].span,
            f"open relay: listener {self.listener.name} has no rules for `rcpt`, which accepts everything, "
            "for a domain that is not yours, by a client that may not relay",
            (),
            why=why,
            help="add `on rcpt: unless rcpthosts(domain) deny`",
        )

    def _trusted(self, model: Model) -> None:
        self._add(
            "Q506",
            self._span,
            f"open relay: on listener {self.listener.name} a client that is `trusted` is let through here, and may not relay",
            way(self.walked, model, self.way.accept),
            why=f"`trusted` skips reputation checks and permits no relaying; for example, such a {envelope(model)}, "
            "and is answered 250",
            help="set `relay = true` where the client is known by its network or its password; and `unless rcpthosts(domain) deny`",
        )


def _elsewhere(listener: x.TypedListener) -> Iterator[tuple[str, x.FunctionCall]]:
    """Gates that are asked in other hooks."""
    for hook, blocks in listener.hooks.items():
        for block in blocks if hook != "rcpt" else ():
            for part in (p for s in statements(block.body) for e in expressions(s) for p in parts(e)):
                if isinstance(part, x.FunctionCall) and part.function.kind is Kind.GATE:
                    yield hook, part
