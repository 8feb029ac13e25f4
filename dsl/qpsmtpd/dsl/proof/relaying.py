"""Who may relay: `relay = true` needs on its path a user who has authenticated, or a constant list of networks.

Whoever relays when a hook begins has proved it in an earlier one; the same is shown of variables that are only ever set
to true for such clients. A list that holds everybody tells nothing, and neither do several that do so together: for
that, the addresses are counted for which some rule of the listener would let a client relay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.values import NetworkSet
from qpsmtpd.dsl.proof.graph import Lit
from qpsmtpd.dsl.proof.hooks_walked import RELAY, Walked
from qpsmtpd.dsl.proof.questions import AUTHENTICATED
from qpsmtpd.dsl.proof.ranges import EVERYBODY, Range, hold_everybody
from qpsmtpd.dsl.proof.solver import Spent
from qpsmtpd.dsl.proof.story import IP, way
from qpsmtpd.dsl.proof.subjects import IS_TRUE, Ask
from qpsmtpd.dsl.proof.walk import Assigned
from qpsmtpd.dsl.proof.world import Model


def prove(listener: x.TypedListener, hooks: Mapping[str, Walked], firsts: Mapping[str, object], findings: Findings) -> None:
    """Adds a finding for each assignment that lets a client relay that has proved nothing. `firsts` has the variables' first values."""
    proof = _Proof(listener, hooks, findings, {RELAY})
    if any(proof.unproved(walked, assigned) for walked, assigned in proof.of({RELAY})):
        flags = {a.statement.target.code for w in hooks.values() for a in w.walk.assigned if a.statement.target.type == t.BOOL}
        proof.known |= {code for code in flags if code in firsts and not firsts[code]}
        proof.narrow()
    for walked, assigned in proof.of({RELAY}):
        proof.report(walked, assigned)
    proof.report_everybody()


@dataclass(slots=True)
class _Proof:
    """The proof for one listener; `known` are the variables that are true only for clients that have proved something."""

    listener: x.TypedListener
    hooks: Mapping[str, Walked]
    findings: Findings
    known: set[str]
    _cases: dict[tuple[int, frozenset[str]], Model | None | Spent] = field(default_factory=dict)

    def of(self, codes: set[str]) -> Iterator[tuple[Walked, Assigned]]:
        """The assignments to these variables."""
        for walked in self.hooks.values():
            yield from ((walked, a) for a in walked.walk.assigned if a.statement.target.code in codes)

    def narrow(self) -> None:
        """Forgets variables that something else may set, until what is left supports itself."""
        while True:
            failing = {a.statement.target.code for w, a in self.of(self.known - {RELAY}) if self.unproved(w, a)}
            if not failing:
                return
            self.known -= failing

    def unproved(self, walked: Walked, assigned: Assigned) -> bool:
        """True when it may be set to true for a client that is in no list and has proved nothing else."""
        return self._case(walked, assigned) is not None

    def _case(self, walked: Walked, assigned: Assigned) -> Model | Spent | None:
        key = id(assigned), frozenset(self.known)
        if key not in self._cases:
            try:
                found = walked.world.possible(*self._set_without(walked, assigned), *(-inside for inside in _inside(walked)))
                self._cases[key] = found
            except Spent as spent:
                self._cases[key] = spent
        return self._cases[key]

    def _set_without(self, walked: Walked, assigned: Assigned) -> tuple[Lit, ...]:
        """It is set to true, and nothing but the client's address can be a proof."""
        meaning = walked.walk.meaning
        proofs = [walked.world.flag(AUTHENTICATED), *meaning.doubts]
        proofs += (asked.yes for asked in meaning.asked if asked.counts and asked.call.function.kind is Kind.VERIFIER)
        proofs += (walked.now(assigned.env, code) for code in sorted(self.known) if code in assigned.env.values)
        return (assigned.when, assigned.true, *(-proof for proof in proofs))

    # --- what is said

    def report(self, walked: Walked, assigned: Assigned) -> None:
        """Adds a finding when the assignment is not proved."""
        model = self._case(walked, assigned)
        if model is None:
            return
        self.findings.add(
            "Q502",
            assigned.statement.span,
            "this lets a client relay that has proved nothing",
            why="`relay = true` needs, on its path, a user who has authenticated or a constant list of networks"
            + ("; that it has one could not be shown, there are too many cases" if isinstance(model, Spent) else ""),
            allowed='`if ip in own_networks:` with `let own_networks = networks("relayclients")`, or `if authenticated:`',
            help="put it below such a test; to skip reputation checks only, write `trusted = true`",
            notes=() if isinstance(model, Spent) else way(walked, model, assigned.statement),
        )

    def report_everybody(self) -> None:
        """Adds a finding when the addresses that may relay are all there are."""
        if not self._could_be_everybody():
            return
        found: list[Range] = []
        for walked, assigned in self.of(self.known):
            if self.unproved(walked, assigned):
                continue
            new = self._addresses(walked, assigned)
            if hold_everybody([*found, *new]):
                self._everybody(walked, assigned, alone=hold_everybody(new))
                return
            found += new

    def _could_be_everybody(self) -> bool:
        """True when all constant lists of the listener together hold everybody; cheap however long they are."""
        walks = [w for w in self.hooks.values() if any(a.statement.target.code in self.known for a in w.walk.assigned)]
        long = [networks for walked in walks for _, networks in _long_lists(walked)]
        ranges = [each for walked in walks for _, some in _groups(walked) for each in some]
        if _counted(ranges, long) < EVERYBODY[0].size:
            return False
        return hold_everybody([*ranges, *(Range.of(network) for networks in long for network in networks)])

    def _addresses(self, walked: Walked, assigned: Assigned) -> list[Range]:
        """The addresses for which the assignment may let a client relay; those of a very long list are all counted."""
        setting = self._set_without(walked, assigned)
        found: list[Range] = []
        try:
            if walked.world.possible(*setting) is None:
                return []
            for wanted, ranges in _groups(walked):
                if walked.world.possible(*setting, *wanted) is not None:
                    found += ranges
            for literal, networks in _long_lists(walked):
                if walked.world.possible(*setting, literal) is not None:
                    found += map(Range.of, networks)
        except Spent:
            return [*EVERYBODY]
        return found

    def _everybody(self, walked: Walked, assigned: Assigned, *, alone: bool) -> None:
        lists = [note for walked in self.hooks.values() for note in _lists(walked)]
        what = "the list of networks holds" if alone else "the lists of networks together hold"
        self.findings.add(
            "Q503",
            assigned.statement.span,
            f"this lets every client of listener {self.listener.name} relay: {what} every address",
            why="a list that contains 0.0.0.0/0 or ::/0, or all parts of it, tells nothing about a client",
            help="name the networks that are yours",
            notes=tuple(dict.fromkeys(lists)),
        )


def _inside(walked: Walked) -> list[Lit]:
    """Each question that finds the client's address in something constant."""
    number = walked.world.number(IP)
    asked = [] if number is None else [walked.world.ask(number, ask) for ask in walked.world.divisions[number].masks]
    return asked + [literal for literal, _ in _long_lists(walked)]


def _long_lists(walked: Walked) -> list[tuple[Lit, NetworkSet]]:
    """Lists that are too long to be divided into regions."""
    found = []
    for number, subject in enumerate(walked.world.subjects):
        match subject.key:
            case ("in", key, ("known", _, NetworkSet() as networks)) if key == IP:
                found.append((walked.world.ask(number, IS_TRUE), networks))
    return found


def _counted(ranges: Sequence[Range], lists: Sequence[NetworkSet]) -> int:
    """How many IPv4 addresses these have, counted one by one; as many as there are, where it may be all of IPv6."""
    counts = [networks.counts for networks in lists]
    v6 = sum(r.size for r in ranges if r.version == 6) + sum(count for _, count in counts)
    v4 = sum(r.size for r in ranges if r.version == 4) + sum(count for count, _ in counts)
    return v4 if v6 < EVERYBODY[1].size else EVERYBODY[0].size


def _groups(walked: Walked) -> Iterator[tuple[list[Lit], list[Range]]]:
    """The addresses in groups for which every question about them has the same answer, and these answers."""
    world, number = walked.world, walked.world.number(IP)
    if number is None:
        return
    division = world.divisions[number]
    groups: dict[frozenset[Ask], list[Range]] = {}
    for region, example in enumerate(division.examples):
        inside = frozenset(ask for ask, mask in division.masks.items() if mask >> region & 1)
        if inside and isinstance(example, Range):
            groups.setdefault(inside, []).append(example)
    for inside, ranges in groups.items():
        yield [world.ask(number, ask) * (1 if ask in inside else -1) for ask in division.masks], ranges


def _lists(walked: Walked) -> Iterator[Note]:
    """The constant lists on the way to a permission to relay."""
    relays = [assigned.statement for assigned in walked.walk.assigned if assigned.statement.target.code == RELAY]
    steps = (step for point in walked.walk.points if point.statement in relays for step in point.steps)
    for part in (part for step in steps for part in parts(step.asked)):
        if isinstance(part, x.Contains) and isinstance(part.collection, x.Const):
            yield Note(part.span, "this list lets clients relay")
