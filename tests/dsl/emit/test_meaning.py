"""Compiled hooks mean what the plain interpreter says, for random rules and random answers of the outside world."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from plain_meaning import Meaning, finish
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.emit.emit import emit
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.hooks import Readable
from qpsmtpd.dsl.model.program import HookCode, Site
from qpsmtpd.dsl.model.values import Listing, Variant
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.plan.traced import traced
from typed_words import Session, Transaction, block, decide, program, read, rules, span


@dataclass
class World:
    """What the outside answers: each question takes the answer that its number points to."""

    answers: list[object] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)

    def ask(self, name: str, question: Any) -> Any:
        self.asked.append((name, question))
        answer = self.answers[crc32(f"{name} {question}".encode()) % len(self.answers)]
        if answer == "fails":
            raise OSError("no answer")
        return answer


WORLD = World()


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def listed(n: int) -> bool:
    """Is it on the list?"""
    return bool(WORLD.ask("listed", n))


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0)
async def exists(n: int) -> bool:
    """Is it somebody?"""
    return bool(WORLD.ask("exists", n))


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
def found(n: int) -> bool:
    """Is it in the file?"""
    return bool(WORLD.ask("found", n))


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0)
def age(n: int) -> int | None:
    """Its age, when somebody knows."""
    return n + 1 if WORLD.ask("age", n) else None


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def weight(n: int) -> int:
    """Its weight."""
    return 2 * n if WORLD.ask("weight", n) else n


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def black(n: int) -> Listing | None:
    """What the list says of it."""
    return Listing((), f"because of {n}" if n % 2 else "") if WORLD.ask("black", n) else None


class Weather(enum.StrEnum):
    SUN = "sun"
    RAIN = "rain"
    TEMPERROR = "temperror"


@dataclass(frozen=True)
class Clean(Variant):
    pass


@dataclass(frozen=True)
class Infected(Variant):
    name: str


@dataclass(frozen=True)
class Error(Variant):
    pass


@function(kind=Kind.LOOKUP, on_error=Weather.TEMPERROR, timeout=5.0)
async def weather(n: int) -> Weather:
    """How it is outside."""
    return Weather.SUN if WORLD.ask("weather", n) else Weather.RAIN


@function(kind=Kind.LOOKUP, on_error=Error(), timeout=5.0)
def scan(n: int) -> Clean | Infected | Error:
    """What is in it."""
    return Infected(f"worm {n}") if WORLD.ask("scan", n) else Clean()


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0)
async def tide(n: int) -> Weather:
    """An enumeration whose failure is unknown."""
    return Weather.RAIN if WORLD.ask("tide", n) else Weather.SUN


@function(kind=Kind.GATE, on_error=OnError.DEFER, since="rcpt")
def ours(domain: str) -> bool:
    """Is it ours?"""
    return bool(WORLD.ask("ours", domain))


@function(kind=Kind.PURE)
def twice(n: int) -> int:
    """Two times it."""
    return n * 2


@function(kind=Kind.EFFECT, on_error=OnError.DEFER)
async def told(n: int) -> None:
    """Tells somebody."""
    WORLD.ask("told", n)


class Asked(Session):
    """Asks at once: deadlines and sharing have tests of their own."""

    async def ask(self, site: Site, key: tuple[object, ...], call: Callable[[], Awaitable[object]]) -> object:  # type: ignore[override]
        try:
            return await call()
        except OSError as error:
            return self.failed(site, error) if site.failure is None else site.failure

    def tried(self, site: Site, call: Callable[[], object]) -> object:
        try:
            return call()
        except OSError as error:
            return self.failed(site, error) if site.failure is None else site.failure


class Rules:
    """Draws well-typed rules; every node stands on a line of its own."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.lines = count(1)
        self.locals: dict[str, t.Type] = {}
        self.reason: typed.FunctionCall | None = None
        self.shadowed = False

    def one(self, *makers: Callable[[int], Any], depth: int) -> Any:
        return self.draw(st.sampled_from(makers))(depth - 1)

    def at(self) -> Any:
        return span(next(self.lines))

    # --- expressions

    def truth(self, depth: int) -> typed.Expr:
        leaves = (self.flag, self.looked_up, self.looked_up, self.gate)
        if depth <= 0:
            return self.one(*leaves, depth=depth)
        return self.one(*leaves, self.both, self.either, self.negated, self.compared, *self.values(), depth=depth)

    def values(self) -> tuple[Callable[[int], typed.Expr], ...]:
        return self.present, self.within, self.infected, self.pending

    def flag(self, depth: int) -> typed.Expr:
        known = [key for key, type in self.locals.items() if type == t.BOOL]
        if known and self.draw(st.booleans()):
            return typed.Local(self.at(), t.BOOL, self.draw(st.sampled_from(known)))
        made: typed.Expr = typed.Const(self.at(), t.BOOL, self.draw(st.booleans()))
        return self.draw(st.sampled_from((made, read("relay"), read("trusted"))))

    def asking(self, *codes: Any, type: t.Type, depth: int) -> typed.FunctionCall:
        code = self.draw(st.sampled_from(codes))
        return typed.FunctionCall(self.at(), type, code.__qpsmtpd__, (self.number(depth),))

    def looked_up(self, depth: int) -> typed.Expr:
        return self.asking(listed, exists, found, type=t.BOOL, depth=depth)

    def gate(self, depth: int) -> typed.Expr:
        subject = self.draw(st.sampled_from((read("domain"), read("helo"))))
        return typed.FunctionCall(self.at(), t.BOOL, ours.__qpsmtpd__, (subject,))

    def both(self, depth: int) -> typed.Expr:
        return typed.And(self.at(), t.BOOL, self.truth(depth), self.truth(depth))

    def either(self, depth: int) -> typed.Expr:
        return typed.Or(self.at(), t.BOOL, self.truth(depth), self.truth(depth))

    def negated(self, depth: int) -> typed.Expr:
        return typed.Not(self.at(), t.BOOL, self.truth(depth))

    def compared(self, depth: int) -> typed.Expr:
        sign = self.draw(st.sampled_from(("==", "!=", "<", "<=", ">", ">=")))
        return typed.Compare(self.at(), t.BOOL, sign, self.number(depth), self.number(depth))

    def present(self, depth: int) -> typed.Expr:
        return typed.Present(self.at(), t.BOOL, self.one(self.maybe, self.listing, depth=depth))

    def infected(self, depth: int) -> typed.Expr:
        found = self.asking(scan, type=scan.__qpsmtpd__.returns, depth=depth)
        if self.draw(st.booleans()):
            return typed.Present(self.at(), t.BOOL, typed.Field(self.at(), t.optional(t.TEXT), found, "name"))
        name = typed.Field(self.at(), t.TEXT, found, "case")
        return typed.Compare(self.at(), t.BOOL, "==", name, typed.Const(self.at(), t.TEXT, "infected"))

    def pending(self, depth: int) -> typed.Expr:
        return read("pending")

    def within(self, depth: int) -> typed.Expr:
        some = typed.Const(self.at(), t.list_of(t.NUMBER), (1, 2, 3))
        return typed.Contains(self.at(), t.BOOL, self.number(depth), some)

    def listing(self, depth: int) -> typed.Expr:
        made = self.asking(black, type=t.optional(t.Type("listing", truthy=True)), depth=depth)
        self.reason = self.draw(st.sampled_from((made, self.reason)))
        return made

    def maybe(self, depth: int) -> typed.Expr:
        return self.asking(age, type=t.optional(t.NUMBER), depth=depth)

    def number(self, depth: int) -> typed.Expr:
        if depth <= 0:
            return self.count(depth)
        return self.one(self.count, self.sum, self.defaulted, self.doubled, self.weighed, depth=depth)

    def count(self, depth: int) -> typed.Expr:
        known = [key for key, type in self.locals.items() if type == t.NUMBER]
        if known and self.draw(st.booleans()):
            return typed.Local(self.at(), t.NUMBER, self.draw(st.sampled_from(known)))
        made: typed.Expr = typed.Const(self.at(), t.NUMBER, self.draw(st.integers(0, 4)))
        return self.draw(st.sampled_from((made, made, read("score"), typed.Read(self.at(), t.NUMBER, N), self.length())))

    def length(self) -> typed.Expr:
        return typed.Builtin(self.at(), t.NUMBER, "len", (read("helo"),))

    def sum(self, depth: int) -> typed.Expr:
        sign = self.draw(st.sampled_from("+-"))
        return typed.Arithmetic(self.at(), t.NUMBER, sign, self.number(depth), self.number(depth))

    def defaulted(self, depth: int) -> typed.Expr:
        return typed.Default(self.at(), t.NUMBER, self.maybe(depth), self.number(depth))

    def doubled(self, depth: int) -> typed.Expr:
        return self.asking(twice, type=t.NUMBER, depth=depth)

    def weighed(self, depth: int) -> typed.Expr:
        return self.asking(weight, type=t.NUMBER, depth=depth)

    def text(self, depth: int) -> typed.Template:
        values = (self.number(depth), self.truth(depth))
        return typed.Template(self.at(), t.TEXT, "{{ v0 }}/{{ v1 }}", values)

    # --- statements

    def body(self, depth: int, most: int = 3) -> tuple[typed.Stmt, ...]:
        outer = dict(self.locals)
        made = tuple(self.statement(depth) for _ in range(self.draw(st.integers(0, most))))
        self.locals = outer
        return made

    def statement(self, depth: int) -> typed.Stmt:
        leaves = (self.decision, self.setting, self.binding, self.logging, self.scoring, self.enforcing)
        leaves += () if self.shadowed else (self.telling,)
        deeper = (self.choice, self.choice, self.choice, self.case) + (() if self.shadowed else (self.shadow,))
        outer = self.reason
        made = self.one(*leaves, depth=2) if depth <= 0 else self.one(*deeper, *leaves, depth=depth)
        self.reason = outer
        return made

    def shadow(self, depth: int) -> typed.Stmt:
        at, key = self.at(), self.draw(st.sampled_from(("", "", "p")))
        self.shadowed = True
        body = self.body(depth)
        self.shadowed = False
        return typed.Shadow(at, f"rules.q:{at.line}", body, key)

    def case(self, depth: int) -> typed.Stmt:
        at, code = self.at(), self.draw(st.sampled_from((weather, scan, tide)))
        subject: typed.Expr = self.asking(code, type=code.__qpsmtpd__.returns, depth=depth)
        members = code.__qpsmtpd__.returns.members
        if subject.type.cases:
            subject = typed.Field(self.at(), t.TEXT, subject, "case")
        cut = self.draw(st.integers(1, len(members)))
        rule = f"rules.q:{at.line}"
        cases = (typed.Case(self.at(), rule, members[:cut], self.body(depth)),)
        cases += tuple(typed.Case(self.at(), rule, (m,), self.body(depth)) for m in members[cut : cut + 1])
        return typed.Match(at, rule, subject, cases, self.body(depth))

    def scoring(self, depth: int) -> typed.Stmt:
        at, alias = self.at(), self.draw(st.sampled_from(("A", "B")))
        return typed.Set(at, f"rules.q:{at.line}", read("score").name, "+=", self.number(depth), alias)

    def enforcing(self, depth: int) -> typed.Stmt:
        at = self.at()
        return typed.Enforce(at, f"rules.q:{at.line}")

    def choice(self, depth: int) -> typed.Stmt:
        at = self.at()
        condition = self.truth(depth + 1)
        then, orelse = self.body(depth), self.body(depth)
        unknown = self.body(depth) if self.draw(st.booleans()) else None
        return typed.Choose(at, f"rules.q:{at.line}", condition, then, orelse, unknown)

    def decision(self, depth: int) -> typed.Stmt:
        line, verb = next(self.lines), self.draw(st.sampled_from((Verb.ACCEPT, Verb.DENY, Verb.DEFER, Verb.SKIP)))
        form = self.draw(st.sampled_from(("text", "template", "reason")))
        at = self.draw(st.sampled_from(("", "", "rcpt"))) if verb in (Verb.DENY, Verb.DEFER) else ""
        if verb is Verb.SKIP or form == "text":
            return decide(verb, "said", line=line, at=at)
        if form == "template":
            return decide(verb, "", line=line, message=self.text(depth), at=at)
        return decide(verb, "said", line=line, message=self.reason, reason=self.reason is not None, at=at)

    def setting(self, depth: int) -> typed.Stmt:
        at = self.at()
        if self.draw(st.booleans()):
            return typed.Set(at, f"rules.q:{at.line}", read("relay").name, "=", self.truth(depth))
        target = self.draw(st.sampled_from((read("score").name, read("karma").name, N)))
        return typed.Set(at, f"rules.q:{at.line}", target, self.draw(st.sampled_from(("=", "+=", "-="))), self.number(depth))

    def binding(self, depth: int) -> typed.Stmt:
        at = self.at()
        key, type = f"x{at.line}", self.draw(st.sampled_from((t.BOOL, t.NUMBER)))
        made = typed.Bind(at, f"rules.q:{at.line}", key, self.truth(depth) if type == t.BOOL else self.number(depth))
        self.locals[key] = type
        return made

    def logging(self, depth: int) -> typed.Stmt:
        at = self.at()
        return typed.Log(at, f"rules.q:{at.line}", self.text(depth))

    def telling(self, depth: int) -> typed.Stmt:
        at = self.at()
        return typed.Do(at, f"rules.q:{at.line}", self.asking(told, type=t.NOTHING, depth=depth))


@st.composite
def written(draw: Any) -> tuple[typed.Block, ...]:
    drawn = Rules(draw)
    return tuple(block(*drawn.body(2, most=4)) for _ in range(draw(st.integers(1, 3))))


N = Readable("n", t.NUMBER, "connect", "s.vars.n", "a variable", assignable=True)

ANSWERS = st.lists(st.sampled_from((True, False, "fails")), min_size=1, max_size=7)


def outcome(
    run: Callable[[Session, Transaction], Any], answers: list[object], made: Callable[[], Session] = Asked
) -> tuple[object, ...]:
    """The verdict, what was asked in which order, what was logged, and what rules have set."""
    WORLD.answers, WORLD.asked = answers, []
    session, transaction = made(), Transaction()
    decided = run(session, transaction)
    told = session.journal.of("rule-log")
    kept = session.kept, session.symbols, vars(session.vars), session.would_haves
    return decided, WORLD.asked, told, session.relay, session.score, session.karma, transaction.marked, kept


@settings(max_examples=700, deadline=None)
@given(written(), st.lists(ANSWERS, min_size=15, max_size=15))
def test_compiled_rules_mean_what_the_manual_says(blocks: tuple[typed.Block, ...], worlds: list[list[object]]) -> None:
    hook = program("rcpt", *blocks).listeners[0].hooks["rcpt"]

    def run(session: Session, transaction: Transaction) -> Any:
        decided = hook(session, transaction)
        return finish(decided) if hasattr(decided, "send") else decided

    for answers in worlds:
        plainly = outcome(lambda s, t: Meaning(s, t).hook(blocks), answers)
        assert outcome(run, answers) == plainly


class Watched(Asked):
    """Is told what the lab is told, and notes what cannot be so."""

    def saw(self, number: int, value: Any) -> Any:
        return value

    def reached(self, number: int) -> None:
        assert number >= 0


@settings(max_examples=150, deadline=None)
@given(written(), st.lists(ANSWERS, min_size=7, max_size=7))
def test_rules_that_tell_what_they_do_do_the_same(blocks: tuple[typed.Block, ...], worlds: list[list[object]]) -> None:
    plain = rules({"mx": {"rcpt": blocks}})
    hooks = [emit(made).listeners[0].hooks["rcpt"] for made in (plain, traced(plain, lambda function: function).rules)]

    def run(hook: HookCode, session: Session, transaction: Transaction) -> Any:
        decided: Any = hook(session, transaction)
        return finish(decided) if hasattr(decided, "send") else decided

    for answers in worlds:
        alone, watched = (outcome(partial(run, hook), answers, Watched) for hook in hooks)
        assert watched == alone
