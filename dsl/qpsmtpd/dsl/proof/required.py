"""`require FUNCTION before HOOK`: no mail passes the hook without an answer of that function, on any path from MAIL on.

The hooks from `mail` to the one before are walked as one journey of a message, so that what an earlier hook has asked or
set is known in a later one. A message passes a hook that accepts it or decides nothing; one that was refused, put
off, discarded or quarantined goes no further. For `rcpt`, which runs for each recipient, one recipient that was accepted
is followed, and what others may have left behind is anything. An answer is a value, also one that says that the
function has failed, where its enumeration has such a value; *unknown* is none, and neither is what is asked under `shadow`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.hooks import ORDER, Readable
from qpsmtpd.dsl.model.settings import Protocol
from qpsmtpd.dsl.proof.graph import TRUE, Lit
from qpsmtpd.dsl.proof.hooks_walked import DIALOGUE, Traits, Walked, Walker, begun
from qpsmtpd.dsl.proof.meaning import Env, Meaning
from qpsmtpd.dsl.proof.scores import UNBOUNDED
from qpsmtpd.dsl.proof.solver import Spent
from qpsmtpd.dsl.proof.story import way
from qpsmtpd.dsl.proof.walk import State, Walk
from qpsmtpd.dsl.proof.world import Model, World


def prove(listener: x.TypedListener, walker: Walker, findings: Findings) -> None:
    """Adds a finding for each `require` of a listener that some path avoids."""
    for required in listener.requires:
        passed = DIALOGUE[DIALOGUE.index("mail") : _position(required.before)]
        if not listener.in_doubt.intersection(passed):
            _Journey(listener, required, walker).prove(findings)


_AT_ANY_TIME = tuple(hook for hook in ORDER if hook not in DIALOGUE)
"""Hooks that may run between two of a message."""


def _position(hook: str) -> int:
    return DIALOGUE.index(hook) if hook in DIALOGUE else len(DIALOGUE)


@dataclass(slots=True)
class _Journey:
    """The way of a message through the hooks of a listener, as far as a `require` looks."""

    listener: x.TypedListener
    required: x.Required
    walker: Walker
    stages: list[Walked] = field(default_factory=list)

    def prove(self, findings: Findings) -> None:
        world = World(self.walker.budget)
        end, answered = self._travel(world)
        avoided = [end.here, -answered]
        if self.required.condition is not None:
            meaning = Meaning(world, self.required.before, self.listener.name, env=end.env)
            avoided.append(-meaning.truth(self.required.condition, end.here).no)
        try:
            model = world.possible(*avoided)
        except Spent:
            self._tell((), "that every path has one could not be shown: there are too many cases", findings)
            return
        if model is not None:
            self._tell([*self._path(model)], self._why(), findings)

    def _travel(self, world: World) -> tuple[State, Lit]:
        """Where the message is behind the last hook, and whether the function has answered by then."""
        graph, answered = world.graph, -TRUE
        passed = DIALOGUE[DIALOGUE.index("mail") : _position(self.required.before)]
        rows = {code: row for traits in self._traits(passed) for code, row in traits.names.items()}
        walk = Walk(Meaning(world, "mail", self.listener.name))
        env = begun(world, {**rows, **_read(self.required.condition)}, {}, walk, UNBOUNDED)
        state = State(TRUE, env, UNBOUNDED)
        for hook in (hook for hook in passed if self.listener.hooks.get(hook)):
            walk = Walk(Meaning(world, hook, self.listener.name))
            again = hook == "rcpt" or (hook == "data_post" and self.listener.settings.protocol == Protocol.LMTP)
            between = {s.target.code for traits in self._traits(_AT_ANY_TIME) for s in traits.sets}
            inside = {s.target.code for traits in self._traits((hook,)) for s in traits.sets} if again else set()
            blocks = self.listener.hooks[hook]
            end = walk.hook(blocks, _after(state, between | inside, walk))
            ways = [end, *(State(p.here, p.env, UNBOUNDED) for p in walk.accepts())]
            state = _after(walk.met(ways, graph.some(way.here for way in ways), end), inside, walk)
            self.stages.append(Walked(hook, blocks, world, walk, end, rows, {}))
            asked = [a for a in walk.meaning.asked if a.counts and a.call.function.name == self.required.function]
            answered = graph.some([answered, *(a.answered for a in asked)])
        return state, answered

    def _traits(self, hooks: Iterable[str]) -> Iterator[Traits]:
        for hook in hooks:
            yield from (self.walker.traits(block) for block in self.listener.hooks.get(hook, ()))

    # --- what is said

    def _path(self, model: Model) -> Iterator[Note]:
        for walked in self.stages:
            notes = way(walked, model)
            accepted = [point for point in walked.walk.accepts() if model.holds(point.here)]
            yield from notes
            yield from (Note(point.statement.span, f"this ends `{walked.hook}`, and the message goes on") for point in accepted)

    def _why(self) -> str:
        name = self.required.function
        if not any(a.call.function.name == name for stage in self.stages for a in stage.walk.meaning.asked):
            return f"no rule from `mail` on asks `{name}` before `{self.required.before}`"
        return f"on this path `{name}` is not asked, or its answer does not come"

    def _tell(self, notes: Sequence[Note], why: str, findings: Findings) -> None:
        name, before = self.required.function, self.required.before
        findings.add(
            "Q520",
            self.required.span,
            f"on listener {self.listener.name} mail can get to `{before}` without an answer of `{name}`",
            why=why,
            allowed=f"an answer on every path from MAIL to `{before}`; under `shadow` nothing counts",
            help=f"ask `{name}` above rules that accept or skip, and refuse or put off where there is no answer; "
            "or say for which mail it is not required: `unless …`",
            notes=notes,
        )


def _after(state: State, codes: Collection[str], walk: Walk) -> State:
    """What holds when these variables may have been set to anything, and the message touched."""
    values = {code: walk.anything(code, value) if code in codes else value for code, value in state.env.values.items()}
    return State(state.here, Env(values, walk.version(), walk.version()), state.score)


def _read(condition: x.Expr | None) -> Mapping[str, Readable]:
    """The variables that a condition reads."""
    read = [] if condition is None else [part.name for part in parts(condition) if isinstance(part, x.Read)]
    return {name.code: name for name in read if name.assignable}
