"""The hooks of a listener, each walked in a world of its own, from what earlier hooks can have left to it.

What a hook begins with is anything that the rules can have made of it: any truth value for what some rule assigns, the
first value for a variable that none does, and for the score the bounds of all that is added before. Hooks that several
listeners share are walked once, where nothing makes a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import branches, expressions, parts
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.hooks import HOOKS, ORDER, READABLE, Readable
from qpsmtpd.dsl.model.settings import Auth, Protocol
from qpsmtpd.dsl.proof import scores
from qpsmtpd.dsl.proof.graph import TRUE, Lit
from qpsmtpd.dsl.proof.meaning import Env, Meaning
from qpsmtpd.dsl.proof.questions import AUTHENTICATED, truth_of
from qpsmtpd.dsl.proof.scores import UNBOUNDED, Sum
from qpsmtpd.dsl.proof.solver import Budget
from qpsmtpd.dsl.proof.subjects import Form
from qpsmtpd.dsl.proof.terms import Flag, Known, Value, Var, named, single
from qpsmtpd.dsl.proof.walk import State, Walk
from qpsmtpd.dsl.proof.world import World

DIALOGUE = tuple(hook.name for hook in HOOKS.values() if hook.reads == "all")
"""The hooks that a message passes, in their order; all others may run at any time."""
RELAY = "s.relay"


@dataclass(frozen=True, slots=True)
class Walked:
    """A hook with its walk; `end` is where it falls through. `rows` are the variables of its rules, `firsts` the known values of some."""

    hook: str
    blocks: tuple[x.Block, ...]
    world: World
    walk: Walk
    end: State
    rows: Mapping[str, Readable]
    firsts: Mapping[str, object]

    def start(self, code: str) -> Lit:
        """What a variable that is true or false is when the hook begins."""
        return self.world.flag(("read", code))

    def now(self, env: Env, code: str) -> Lit:
        """What it is in this state."""
        (_, term), *_ = env.values[code].cases
        return truth_of(self.world, term)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a block assigns and reads, by the code of the name; assignments under `shadow` are none."""

    sets: tuple[x.Set, ...]
    names: Mapping[str, Readable]
    reads_listener: bool


@dataclass(slots=True)
class Walker:
    """Walks the hooks of all listeners of a rules file."""

    rules: x.TypedRules
    budget: Budget
    _traits: dict[int, Traits] = field(default_factory=dict)
    _walked: dict[Hashable, Walked] = field(default_factory=dict)

    def listener(self, listener: x.TypedListener) -> Mapping[str, Walked]:
        """The hooks of a listener in the order of the dialogue: those with rules, and `rcpt`, which decides also without."""
        hooks = {hook: listener.hooks.get(hook, ()) for hook in ORDER if listener.hooks.get(hook) or hook == "rcpt"}
        sets = {hook: self.sets(blocks) for hook, blocks in hooks.items()}
        counted = Counter(s.alias for each in sets.values() for s in each)
        score = Sum() if not any(_scores(sets.get(hook, ())) for hook in ORDER if hook not in DIALOGUE) else UNBOUNDED
        found: dict[str, Walked] = {}
        for hook in sorted(hooks, key=lambda hook: (hook not in DIALOGUE, ORDER.index(hook))):
            again = hook == "rcpt" or (hook == "data_post" and listener.settings.protocol == Protocol.LMTP)
            score = _repeated(score, _scores(sets[hook])) if again else score if hook in DIALOGUE else UNBOUNDED
            once = frozenset(alias for alias, count in counted.items() if count == 1 and not again)
            found[hook] = self._hook(listener, hook, score=score, once=once, sets=sets)
            score = found[hook].walk.peak if again else _passed_on(found[hook])
        return {hook: found[hook] for hook in hooks}

    def sets(self, blocks: Sequence[x.Block]) -> tuple[x.Set, ...]:
        """The assignments of some blocks that change something."""
        return tuple(s for block in blocks for s in self.traits(block).sets)

    def traits(self, block: x.Block) -> Traits:
        """What a block assigns and reads."""
        if id(block) not in self._traits:
            self._traits[id(block)] = _traits(block)
        return self._traits[id(block)]

    def _hook(
        self, listener: x.TypedListener, hook: str, *, score: Sum, once: frozenset[str], sets: Mapping[str, Sequence[x.Set]]
    ) -> Walked:
        blocks = listener.hooks.get(hook, ())
        traits = [self.traits(block) for block in blocks]
        named_here = any(each.reads_listener for each in traits)
        authenticated = _surely_authenticated(listener, hook)
        relays = _follows_authentication(s for each in sets.values() for s in each)
        assigned = {s.target.code for each in sets.values() for s in each}
        rows = {code: row for each in traits for code, row in each.names.items()}
        firsts = {code: value for code, value in self.firsts.items() if code in rows and code not in assigned}
        same_rules = hook, tuple(map(id, blocks)), named_here and listener.name, authenticated, relays
        key = same_rules, repr((score.low, score.high, score.names)), once, repr(sorted(firsts))
        if key not in self._walked:
            world = World(self.budget)
            relay, user = world.flag(("read", RELAY)), world.flag(AUTHENTICATED)
            world.facts += [user] if authenticated else []
            world.facts += [world.graph.either(-user, relay)] if relays else []
            walk = Walk(Meaning(world, hook, listener.name), once)
            state = State(TRUE, begun(world, rows, firsts, walk, score), score)
            self._walked[key] = Walked(hook, blocks, world, walk, walk.hook(blocks, state), rows, firsts)
        return self._walked[key]

    @property
    def firsts(self) -> Mapping[str, object]:
        """The first value of each variable, by its code."""
        holders = {"connection": "s", "transaction": "t"}
        return {f"{holders[v.per]}.vars.{v.key}": v.value for v in self.rules.variables}


def begun(world: World, rows: Mapping[str, Readable], firsts: Mapping[str, object], walk: Walk, score: Sum) -> Env:
    """The variables as a hook finds them."""
    values: dict[str, Value] = {}
    for code, row in {**_always(), **rows}.items():
        if code in firsts:
            first = firsts[code]
            values[code] = single(Flag(TRUE if first else -TRUE) if row.type == t.BOOL else Known(first))
        elif code == scores.CODE:
            values[code] = single(_score(world, walk, score))
        else:
            values[code] = single(named(world, ("read", code), row.type))
    return Env(values)


def _score(world: World, walk: Walk, score: Sum) -> Var:
    subject = world.subject(("score", walk.meaning.hook, 0), Form.ORDERED, low=score.least, high=score.most)
    walk.sums[subject] = score
    return Var(subject)


def _always() -> Mapping[str, Readable]:
    return {row.code: row for rows in READABLE.values() for row in rows if row.assignable}


def _traits(block: x.Block) -> Traits:
    names: dict[str, Readable] = {}
    listener = False
    sets: list[x.Set] = []
    for statement, shadowed in _all(block.body, shadowed=False):
        if isinstance(statement, x.Set):
            names[statement.target.code] = statement.target
            sets += [] if shadowed else [statement]
        for part in (part for e in expressions(statement) for part in parts(e)):
            if isinstance(part, x.Read):
                listener |= part.name.code == "s.listener"
                if part.name.assignable:
                    names[part.name.code] = part.name
    return Traits(tuple(sets), names, listener)


def _all(body: Sequence[x.Stmt], *, shadowed: bool) -> Iterator[tuple[x.Stmt, bool]]:
    for statement in body:
        yield statement, shadowed
        for branch in branches(statement):
            yield from _all(branch, shadowed=shadowed or isinstance(statement, x.Shadow))


def _scores(sets: Sequence[x.Set]) -> list[x.Set]:
    return [s for s in sets if s.target.code == scores.CODE]


def _repeated(score: Sum, sets: Sequence[x.Set]) -> Sum:
    """The score when a hook begins that may have run before for the same message."""
    low, high = score.low, score.high
    names = dict(score.names)
    for s in sets:
        amount = s.value.value if isinstance(s.value, x.Const) else None
        amount = -amount if amount is not None and s.operator == "-=" else amount
        if s.operator == "=" and amount is not None:
            low, high = min(low, amount), max(high, amount)
        elif not s.alias:
            low, high = (
                UNBOUNDED.low if amount is None or amount < 0 else low,
                UNBOUNDED.high if amount is None or amount > 0 else high,
            )
        else:
            bound = UNBOUNDED if amount is None else Sum(min(amount, 0), max(amount, 0))
            once = Sum(low, high, names).once(bound.low, scores.Part(bound.high, s.alias, s.span))
            names = dict(once.names)
    return Sum(low, high, names, score.parts)


def _passed_on(walked: Walked) -> Sum:
    """The score of a message that goes on behind the hook."""
    found = walked.end.score if walked.end.here != -TRUE else None
    for point in walked.walk.accepts():
        (_, term), *_ = point.env.values[scores.CODE].cases
        sum = walked.walk.sums.get(term.subject, UNBOUNDED) if isinstance(term, Var) else UNBOUNDED
        found = sum if found is None else found.or_(sum)
    return found or walked.walk.peak


def _surely_authenticated(listener: x.TypedListener, hook: str) -> bool:
    """True where nobody comes who has not authenticated."""
    return listener.settings.auth == Auth.REQUIRED and hook in DIALOGUE[DIALOGUE.index("mail") :]


def _follows_authentication(sets: Iterator[x.Set]) -> bool:
    """True where whoever has authenticated may relay: that is so from the start, and no rule takes it back."""
    values = [s.value for s in sets if s.target.code == RELAY]
    return all(isinstance(value, x.Const) and value.value is True for value in values)
