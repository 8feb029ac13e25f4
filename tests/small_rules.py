"""Small random rules as typed models, every case that their atoms allow, and what the plain interpreter makes of it.

An atom is something that a condition asks; its values are what the outside world may say. A call without a scope may answer
differently when it is asked again, so it has two answers.
"""

from __future__ import annotations

import enum
import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, ip_network
from types import SimpleNamespace
from typing import Any

from plain_meaning import Meaning, Skipped
from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import branches
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, Scope, function
from qpsmtpd.dsl.model.hooks import Readable, readable
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.values import NULL_SENDER, Address, Domain, NetworkSet
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

FAILS = OSError("no answer")
CASE: dict[str, list[Any]] = {}
"""The answers of the case in hand: for each atom those to the first call, the second, ..."""
ASKED: dict[str, int] = {}


def answer(name: str) -> Any:
    """The next answer; the last one is repeated."""
    answers = CASE.get(name, [False])
    found = answers[min(ASKED.get(name, 0), len(answers) - 1)]
    ASKED[name] = ASKED.get(name, 0) + 1
    if found is FAILS:
        raise FAILS
    return found


class Spf(enum.StrEnum):
    PASS = "pass"
    FAIL = "fail"
    TEMPERROR = "temperror"


@function(kind=Kind.GATE, on_error=OnError.DEFER)
def gate(domain: Domain) -> bool:
    """Says whether a domain is ours."""
    return answer("gate" if domain == "example.org" else "wrong")


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=1.0, scope=Scope.CONNECTION)
async def listed() -> bool:
    """Says whether the client is listed; asked once."""
    return answer("listed")


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=1.0)
async def flaky() -> bool:
    """May say something else each time."""
    return answer("flaky")


@function(kind=Kind.LOOKUP, on_error=Spf.TEMPERROR, timeout=1.0, scope=Scope.CONNECTION)
async def spf() -> Spf:
    """What the sender's domain says of the client."""
    return answer("spf")


@function(kind=Kind.VERIFIER, on_error=OnError.DEFER)
def password() -> bool:
    """Whether the password is right."""
    return answer("password")


FLAG = Readable("flag", t.BOOL, "pre_connection", "s.vars.flag", "a variable", assignable=True)
LISTS = {
    name: NetworkSet([ip_network(n) for n in networks])
    for name, networks in {
        "ten": ["10.0.0.0/8"],
        "ten.one": ["10.1.0.0/16"],
        "office": ["192.168.0.0/16", "10.1.2.0/24"],
        "low": ["0.0.0.0/1"],
        "high": ["128.0.0.0/1"],
    }.items()
}
IPS = [IPv4Address(text) for text in ("10.1.2.3", "10.1.9.9", "10.9.9.9", "192.168.1.1", "9.9.9.9", "203.0.113.9")]
"""One address for each answer that the lists can give together."""
ADDRESSES = {"ann": Address("ann", "example.net", "ann@example.net"), "null": NULL_SENDER}
LOCALS = ("postmaster", "x")
NUMBERS = (1, 2.5, 4)
TWICE = [list(pair) for pair in itertools.product([True, False, FAILS], repeat=2)]

ATOMS: dict[str, list[Any]] = {
    "gate": TWICE,
    "wrong": [[True], [False], [FAILS]],
    "listed": [[True], [False], [FAILS]],
    "flaky": TWICE,
    "spf": [[Spf.PASS], [Spf.FAIL], [FAILS]],
    "relay": [True, False],
    "trusted": [True, False],
    "flag": [True, False],
    "authenticated": [True, False],
    "ip": IPS,
    "sender": [*ADDRESSES],
    "local": [*LOCALS],
    "score": [0],
}


class Lines:
    """Spans, each of them new."""

    def __init__(self) -> None:
        self._next = itertools.count(1)

    def span(self) -> Span:
        line = next(self._next)
        return Span("rules.q", line, 1, line, 9)


@dataclass
class Maker:
    """Makes rules of some of the atoms."""

    chance: random.Random
    atoms: list[str]
    hook: str = "rcpt"
    verbs: tuple[Verb, ...] = (Verb.ACCEPT, Verb.DENY, Verb.DEFER, Verb.DISCARD, Verb.SKIP)
    shadows: bool = True
    lines: Lines = field(default_factory=Lines)
    bound: list[x.Local] = field(default_factory=list)

    # --- expressions

    def read(self, name: str) -> x.Read:
        row = FLAG if name == "flag" else readable(name, self.hook)
        assert row is not None, name
        return x.Read(self.lines.span(), row.type, row)

    def call(self, code: Any, *arguments: x.Expr, on_error: OnError | None = None) -> x.FunctionCall:
        made = code.__qpsmtpd__
        made = replace(made, on_error=on_error) if on_error else made
        return x.FunctionCall(self.lines.span(), made.returns, made, arguments)

    def const(self, value: Any, kind: t.Type) -> x.Const:
        return x.Const(self.lines.span(), kind, value)

    def atom(self) -> x.Expr:
        if self.bound and self.chance.random() < 0.2:
            return replace(self.chance.choice(self.bound), span=self.lines.span())
        return getattr(self, f"_{self.chance.choice(self.atoms)}")()

    def _gate(self) -> x.Expr:
        lax = OnError.UNKNOWN if self.chance.random() < 0.1 else None
        recipient = x.Field(self.lines.span(), t.DOMAIN, self.read("recipient"), "domain")
        return self.call(gate, self.chance.choice([self.read("domain"), recipient]), on_error=lax)

    def _wrong(self) -> x.Expr:
        return self.call(gate, x.Field(self.lines.span(), t.DOMAIN, self.read("sender"), "domain"))

    def _listed(self) -> x.Expr:
        return self.call(listed)

    def _flaky(self) -> x.Expr:
        return self.call(flaky)

    def _password(self) -> x.Expr:
        return self.call(password)

    def _spf(self) -> x.Expr:
        called = self.call(spf)
        value = self.const(self.chance.choice([*Spf]).value, called.type)
        return x.Compare(self.lines.span(), t.BOOL, self.chance.choice(["==", "!="]), called, value)

    def _relay(self) -> x.Expr:
        return self.read("relay")

    def _trusted(self) -> x.Expr:
        return self.read("trusted")

    def _flag(self) -> x.Expr:
        return self.read("flag")

    def _authenticated(self) -> x.Expr:
        return self.read("authenticated")

    def _ip(self) -> x.Expr:
        name = self.chance.choice([*LISTS])
        return x.Contains(self.lines.span(), t.BOOL, self.read("ip"), self.const(LISTS[name], t.list_of(t.NETWORK)))

    def _sender(self) -> x.Expr:
        if self.chance.random() < 0.5:
            domain = x.Field(self.lines.span(), t.optional(t.DOMAIN), self.read("sender"), "domain")
            return x.Present(self.lines.span(), t.BOOL, domain)
        other = self.const(self.chance.choice([*ADDRESSES.values()]), t.ADDRESS)
        return x.Compare(self.lines.span(), t.BOOL, self.chance.choice(["==", "!="]), self.read("sender"), other)

    def _local(self) -> x.Expr:
        text = x.Folded(self.lines.span(), t.TEXT, x.Field(self.lines.span(), t.LOCAL_PART, self.read("recipient"), "local"))
        if self.chance.random() < 0.5:
            return x.Contains(self.lines.span(), t.BOOL, text, self.const(frozenset({"postmaster", "abuse"}), t.list_of(t.TEXT)))
        return x.Compare(self.lines.span(), t.BOOL, "==", text, self.const(self.chance.choice(LOCALS), t.TEXT))

    def _score(self) -> x.Expr:
        sign = self.chance.choice(["<", "<=", ">", ">=", "=="])
        return x.Compare(self.lines.span(), t.BOOL, sign, self.read("score"), self.const(self.chance.choice(NUMBERS), t.NUMBER))

    def condition(self, depth: int = 2) -> x.Expr:
        kind = self.chance.random()
        if depth == 0 or kind < 0.5:
            return self.atom()
        if kind < 0.7:
            return x.Not(self.lines.span(), t.BOOL, self.condition(depth - 1))
        sort = x.And if kind < 0.85 else x.Or
        return sort(self.lines.span(), t.BOOL, self.condition(depth - 1), self.condition(depth - 1))

    # --- statements

    def decide(self) -> x.Decide:
        return x.Decide(self.lines.span(), "r", self.chance.choice(self.verbs), 250, "2.0.0", "", False)

    def set(self) -> x.Set:
        name = self.chance.choice([n for n in self.atoms if n in ("relay", "trusted", "flag", "score")] or ["trusted"])
        row = FLAG if name == "flag" else readable(name, self.hook)
        assert row is not None
        if name == "score":
            alias = self.chance.choice(["", "A", "B"])
            sign = self.chance.choice(["+=", "+=", "+=", "=", "-="]) if not alias else "+="
            return x.Set(self.lines.span(), "r", row, sign, self.const(self.chance.choice(NUMBERS), t.NUMBER), alias)
        value = self.const(self.chance.random() < 0.7, t.BOOL) if self.chance.random() < 0.6 else self.atom()
        return x.Set(self.lines.span(), "r", row, "=", value)

    def statement(self, depth: int) -> x.Stmt:
        kind = self.chance.random()
        if depth and kind < 0.55:
            unknown = self.body(depth - 1) if self.chance.random() < 0.25 else None
            orelse = self.body(depth - 1) if self.chance.random() < 0.3 else ()
            return x.Choose(self.lines.span(), "r", self.condition(), self.body(depth - 1), orelse, unknown)
        if depth and kind < 0.62 and "spf" in self.atoms:
            return self.match(depth)
        if depth and kind < 0.66 and self.shadows:
            return x.Shadow(self.lines.span(), "r", self._apart(depth), self.chance.choice(["", "p_1"]))
        if kind < 0.72:
            value = self.atom()
            local = x.Local(self.lines.span(), value.type, f"v_{len(self.bound)}_{self.lines.span().line}")
            self.bound.append(local)
            return x.Bind(local.span, "r", local.key, value)
        return self.decide() if kind < 0.9 else self.set()

    def _apart(self, depth: int) -> tuple[x.Stmt, ...]:
        shadows, self.shadows = self.shadows, False
        body = self.body(depth - 1)
        self.shadows = shadows
        return body

    def match(self, depth: int) -> x.Match:
        names = [member.value for member in Spf]
        self.chance.shuffle(names)
        cut = self.chance.randint(1, 2)
        cases = tuple(x.Case(self.lines.span(), "r", tuple(each), self.body(depth - 1)) for each in (names[:cut], names[cut:]))
        return x.Match(self.lines.span(), "r", self.call(spf), cases, ())

    def body(self, depth: int) -> tuple[x.Stmt, ...]:
        known = len(self.bound)
        made = tuple(self.statement(depth) for _ in range(self.chance.randint(1, 2 + (depth > 1))))
        del self.bound[known:]  # what was bound in a branch is known only there
        return made

    def guard(self) -> x.Stmt:
        """`unless gate deny`, or something like it."""
        asked: x.Expr = self._gate()
        if self.chance.random() < 0.3:
            asked = x.Or(self.lines.span(), t.BOOL, self.read("relay"), asked)
        deny = replace(self.decide(), verb=self.chance.choice([Verb.DENY, Verb.DEFER]))
        return x.Choose(self.lines.span(), "r", x.Not(self.lines.span(), t.BOOL, asked), (deny,), (), None)

    def blocks(self, depth: int = 2, *, guarded: bool = False) -> tuple[x.Block, ...]:
        made = []
        for number in range(self.chance.randint(1, 2)):
            self.bound.clear()
            body = self.body(depth)
            if guarded and number == 0 and self.chance.random() < 0.6:
                place = self.chance.choice([0, 0, len(body)])
                body = (*body[:place], self.guard(), *body[place:])
            made.append(x.Block(self.lines.span(), body))
        return tuple(made)


def rules(hooks: Mapping[str, tuple[x.Block, ...]], *, flag: bool = False) -> x.TypedRules:
    """The rules of one listener."""
    listener = x.TypedListener("mx", Span("rules.q", 1, 1, 1, 2), ListenerSettings(), hooks)
    variable = x.Variable(Span("rules.q", 1, 1, 1, 2), "flag", "connection", flag)
    return x.TypedRules(ServerSettings(), (listener,), "/", "0", (variable,))


class Session(SimpleNamespace):
    """A client, as far as these rules look at it."""

    def copied(self, key: str) -> Session:
        if not key:
            return Session(**{**vars(self), "vars": SimpleNamespace(**vars(self.vars)), "copies": {}})
        if key not in self.copies:
            self.copies[key] = self.copied("")
        return self.copies[key]


def session(case: Mapping[str, Any]) -> Session:
    """The client of a case."""
    return Session(
        ip=case.get("ip", IPS[-1]),
        relay=case.get("relay", case.get("authenticated", False)),
        trusted=case.get("trusted", False),
        authenticated=case.get("authenticated", False),
        score=case.get("score", 0),
        vars=SimpleNamespace(flag=case.get("flag", False)),
        symbols=(),
        kept=None,
        copies={},
        would_haves=[],
    )


def transaction(case: Mapping[str, Any]) -> SimpleNamespace:
    """The message of a case, with a recipient."""
    local = case.get("local", "x")
    recipient = Address(local, "example.org", f"{local}@example.org")
    return SimpleNamespace(sender=ADDRESSES[case.get("sender", "ann")], recipient=recipient, recipients=[], marked=False)


class Run(Meaning):
    """The plain interpreter, which also keeps what happened at each place."""

    def __init__(self, s: Any, t: Any, *, shadowed: bool = False, seen: set[tuple[str, Span]] | None = None) -> None:
        super().__init__(s, t, shadowed=shadowed)
        self.seen: set[tuple[str, Span]] = set() if seen is None else seen
        self.granted: list[Any] = []

    def run(self, body: tuple[x.Stmt, ...]) -> Any:
        for statement in body:
            self.seen.add(("statement", statement.span))
            decided = getattr(self, type(statement).__name__.lower())(statement)
            if decided is not None:
                return decided
        return None

    def hook(self, blocks: tuple[x.Block, ...]) -> Any:
        for block in blocks:
            self.seen.add(("statement", block.span))
            try:
                decided = self.run(block.body)
            except Skipped:
                continue
            if decided is not None:
                return decided
        return None

    def choose(self, s: x.Choose) -> Any:
        truth = self.value(s.condition)
        word = {True: "yes", False: "no"}.get(truth if isinstance(truth, bool) else None, "unknown")
        self.seen.add((word, s.condition.span))
        if word == "unknown":
            return self.lost(s, truth) if s.unknown is None else self.run(s.unknown)
        return self.run(s.then if truth else s.orelse)

    def match(self, s: x.Match) -> Any:
        value = self.value(s.subject)
        chosen = next((case for case in s.cases if value in case.values), None)
        if chosen is not None:
            self.seen.add(("case", chosen.span))
        return self.run(chosen.body if chosen else s.orelse)

    def shadow(self, s: x.Shadow) -> None:
        inner = Run(self.s.copied(s.key), SimpleNamespace(**vars(self.t)), shadowed=True, seen=self.seen)
        inner.locals = self.locals
        try:
            inner.run(s.body)
        except Skipped:
            return

    def set(self, s: x.Set) -> Any:
        before = self.s.relay
        done = super().set(s)
        if s.target.name == "relay" and self.s.relay and not before and not self.shadowed:
            self.granted.append(s)
        return done

    def called(self, e: x.FunctionCall, values: list[Any]) -> Any:
        found = super().called(e, values)
        first = e.arguments[0] if e.arguments else None
        if e.function.kind is Kind.GATE and found is True and not self.shadowed and isinstance(first, x.Field):
            self.t.marked |= isinstance(first.of, x.Read) and first.of.name.name == "recipient"
        return found

    def value(self, e: x.Expr) -> Any:
        if isinstance(e, x.Local) and e.key not in self.locals:
            raise AssertionError("a local is used where it is not bound")
        found = super().value(e)
        if isinstance(e, x.Compare) and isinstance(found, bool):
            self.seen.add((f"compared {found}", e.span))
        return found


def outside_of_shadow(body: tuple[x.Stmt, ...]) -> Iterator[x.Stmt]:
    """Every statement that changes or decides something."""
    for statement in body:
        yield statement
        for branch in branches(statement) if not isinstance(statement, x.Shadow) else ():
            yield from outside_of_shadow(branch)


def takes_relaying_back(blocks: tuple[x.Block, ...]) -> bool:
    """True where a rule may set `relay` to false: else whoever has authenticated may relay."""
    sets = [s for block in blocks for s in outside_of_shadow(block.body) if isinstance(s, x.Set) and s.target.name == "relay"]
    return any(not (isinstance(s.value, x.Const) and s.value.value is True) for s in sets)


def begin(case: Mapping[str, Any]) -> None:
    """The outside world of a case."""
    CASE.clear()
    ASKED.clear()
    CASE.update({name: value for name, value in case.items() if isinstance(value, list)})
