"""An interpreter that runs small rules in every case at once: a case is a bit, and what holds in which cases is a word.

It shares nothing with the proof but the typed rules; `test_relay` holds it against the plain interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.model.functions import Kind, OnError
from qpsmtpd.dsl.model.values import NULL_SENDER
from qpsmtpd.dsl.model.verdicts import Verb
from small_rules import ADDRESSES, ATOMS, FAILS

Case = Mapping[str, Any]
Answer = tuple[int, int, int]
"""Where something is true, where it is unknown, and where that is for a cause that defers; false where it is neither."""
STATE = ("relay", "trusted", "flag")


class Cases:
    """Every case of some atoms, counted as a number is: the last atom changes fastest."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.strides: dict[str, int] = {}
        stride = 1
        for name in reversed(names):
            self.strides[name] = stride
            stride *= len(ATOMS[name])
        self.count = stride
        self.whole = (1 << stride) - 1

    def case(self, number: int) -> Case:
        """The values of the atoms in a case."""
        return {name: ATOMS[name][number // stride % len(ATOMS[name])] for name, stride in self.strides.items()}

    def within(self, name: str, accept: Callable[[Any], bool], otherwise: Any) -> int:
        """Where an atom has one of the values that are accepted."""
        if name not in self.strides:
            return self.whole if accept(otherwise) else 0
        stride, values = self.strides[name], ATOMS[name]
        bits = sum(((1 << stride) - 1) << (place * stride) for place, value in enumerate(values) if accept(value))
        period = stride * len(values)
        return bits * (self.whole // ((1 << period) - 1))


@dataclass
class Everywhere:
    """A hook in all cases; the words say in which of them something is so."""

    cases: Cases
    state: dict[str, int] = field(default_factory=dict)
    marked: int = 0
    granted: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    locals: dict[str, Answer] = field(default_factory=dict)
    copies: dict[str, tuple[dict[str, int], int]] = field(default_factory=dict)
    shadowed: bool = False
    skipped: int = 0

    def __post_init__(self) -> None:
        self.within = self.cases.within
        self.state = {name: self.within(name, bool, False) for name in STATE}
        if "relay" not in self.cases.names:
            self.state["relay"] = self.within("authenticated", bool, False)

    # --- statements

    def hook(self, blocks: tuple[x.Block, ...], here: int) -> int:
        """Where the hook falls through."""
        for block in blocks:
            self.skipped = 0
            here = self.run(block.body, here) | self.skipped
        return here

    def run(self, body: tuple[x.Stmt, ...], here: int) -> int:
        for statement in body:
            if not here:
                return 0
            here = getattr(self, type(statement).__name__.lower())(statement, here)
        return here

    def end(self, name: str, here: int) -> None:
        self.ended[name] = self.ended.get(name, 0) | here

    def lost(self, defer: int, here: int) -> int:
        """Where the rules go on behind a value that is unknown."""
        if self.shadowed:
            return here
        self.end("lost", here & defer)
        return here & ~defer

    def decide(self, s: x.Decide, here: int) -> int:
        if s.verb is Verb.SKIP:
            self.skipped |= here
        else:
            self.end(s.verb.value, here)
        return 0

    def choose(self, s: x.Choose, here: int) -> int:
        true, unknown, defer = self.value(s.condition, here)
        after = self.run(s.then, true) | self.run(s.orelse, here & ~true & ~unknown)
        return after | (self.lost(defer, unknown) if s.unknown is None else self.run(s.unknown, unknown))

    def match(self, s: x.Match, here: int) -> int:
        assert isinstance(s.subject, x.FunctionCall)
        after = 0
        for case in s.cases:
            chosen = here & self.within("spf", lambda answers, case=case: _spf(answers) in case.values, [False])
            here &= ~chosen
            after |= self.run(case.body, chosen)
        return after | self.run(s.orelse, here)

    def shadow(self, s: x.Shadow, here: int) -> int:
        outer = self.state, self.ended, self.skipped, self.shadowed, self.marked, self.granted
        made, known = self.copies.get(s.key, ({}, 0)) if s.key else ({}, 0)
        self.state = {name: (made.get(name, 0) & known) | (word & ~known) for name, word in self.state.items()}
        self.ended, self.shadowed = {}, True
        self.run(s.body, here)
        if s.key:
            self.copies[s.key] = {n: (w & here) | (made.get(n, 0) & ~here) for n, w in self.state.items()}, known | here
        self.state, self.ended, self.skipped, self.shadowed, self.marked, self.granted = outer
        return here

    def set(self, s: x.Set, here: int) -> int:
        true, unknown, defer = self.value(s.value, here)
        name, done = s.target.name, here & ~unknown
        if name == "relay":
            self.granted |= true & ~self.state[name]
        self.state[name] = (self.state[name] & ~done) | true
        return done | self.lost(defer, unknown)

    def bind(self, s: x.Bind, here: int) -> int:
        self.locals[s.key] = self.value(s.value, here)
        return here

    # --- expressions

    def value(self, e: x.Expr, here: int) -> Answer:
        match e:
            case x.Const(value=value):
                return (here if value else 0), 0, 0
            case x.Local(key=key):
                true, unknown, defer = self.locals[key]
                return true & here, unknown & here, defer & here
            case x.Not(operand=operand):
                true, unknown, defer = self.value(operand, here)
                return here & ~true & ~unknown, unknown, defer
            case x.And():
                return self.junction(e.left, e.right, here)
            case x.Or():  # an `or` is true where not both are false
                true, unknown, defer = self.junction(x.Not(e.span, e.type, e.left), x.Not(e.span, e.type, e.right), here)
                return here & ~true & ~unknown, unknown, defer
            case x.FunctionCall():
                return self.call(e, here)
            case x.Read(name=row) if row.name == "authenticated":
                return here & self.within("authenticated", bool, False), 0, 0
            case x.Read(name=row):
                return here & self.state[row.name], 0, 0
        return here & self.plain(e), 0, 0

    def junction(self, left: x.Expr, right: x.Expr, here: int) -> Answer:
        t1, u1, d1 = self.value(left, here)
        t2, u2, d2 = self.value(right, t1 | u1)
        true, false = t1 & t2, (here & ~t1 & ~u1) | ((t1 | u1) & ~t2 & ~u2)
        unknown = here & ~true & ~false
        return true, unknown, unknown & (d1 | d2)

    def plain(self, e: x.Expr) -> int:
        """Where something holds that always has an answer."""
        match e:
            case x.Contains(item=x.Read(), collection=x.Const(value=networks)):
                return self.within("ip", lambda ip: ip in networks, None)
            case x.Contains(collection=x.Const(value=names)):
                return self.within("local", lambda local: local in names, "x")
            case x.Present():
                return self.within("sender", lambda name: ADDRESSES[name] is not NULL_SENDER, "ann")
            case x.Compare(operator=sign, left=x.FunctionCall(), right=x.Const(value=value)):
                return self.within("spf", lambda answers: (_spf(answers) == value) is (sign == "=="), [False])
            case x.Compare(operator=sign, left=x.Read(), right=x.Const(value=value)):
                return self.within("sender", lambda name: (ADDRESSES[name] == value) is (sign == "=="), "ann")
            case x.Compare(right=x.Const(value=value)):
                return self.within("local", lambda local: local == value, "x")
        raise AssertionError(e)

    def call(self, e: x.FunctionCall, here: int) -> Answer:
        name = e.function.name
        if name == "gate" and isinstance(e.arguments[0], x.Field) and e.arguments[0].of.name.name == "sender":  # type: ignore[union-attr]
            name = "wrong"
        before = self.asked.get(name, 0)
        self.asked[name] = before | here
        first, later = here & ~before, here & before
        true = (first & self.answered(name, 0, True)) | (later & self.answered(name, 1, True))
        fails = (first & self.answered(name, 0, FAILS)) | (later & self.answered(name, 1, FAILS))
        if name == "gate" and e.function.kind is Kind.GATE and not self.shadowed:
            self.marked |= true
        return true, fails, fails if e.function.on_error is OnError.DEFER else 0

    def answered(self, name: str, time: int, value: Any) -> int:
        return self.within(name, lambda answers: answers[min(time, len(answers) - 1)] is value, [False])


def _spf(answers: Sequence[Any]) -> Any:
    return "temperror" if answers[0] is FAILS else answers[0]
