"""What the expressions of a hook mean in a proof: values in cases, and conditions by Kleene's logic, asked in their order.

Two expressions get the same key only where they have the same value in every run: names of the session, pure functions
of equal arguments, lookups whose scope says that they are asked once. Everything else is something of its own each time
it is evaluated. What is asked on the way is kept: which calls, when, and how they answered.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Function, Kind, Scope
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Lit
from qpsmtpd.dsl.proof.questions import compared, contained, present, truth_of
from qpsmtpd.dsl.proof.subjects import UNKNOWN, Form
from qpsmtpd.dsl.proof.terms import Flag, Known, Term, Truth, Value, Var, form_of, key_of, named, single
from qpsmtpd.dsl.proof.world import World

_CASES = 16
"""Cases of a value that are kept apart; of one with more, nothing is known."""
_CHANGING = ("s.pending", "s.symbols")
"""What changes with what rules do, besides variables and the message."""
_LASTING = ("s.ip", "s.helo", "s.esmtp", "s.tls", "s.user", "s.authenticated", "t.sender", "t.recipient")
"""What stays the same from MAIL to the end of the message; of all else that is only known inside of a hook."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that was evaluated: `when`, whether it then was `answered`, and whether with a yes."""

    call: x.FunctionCall
    when: Lit
    answered: Lit
    yes: Lit
    counts: bool
    """False under `shadow`: there nothing is proved."""


@dataclass(frozen=True, slots=True)
class Env:
    """What rules have changed by now: variables by their code, and when they last touched the message or anything at all."""

    values: Mapping[str, Value]
    message: Hashable = ""
    changed: Hashable = ""


@dataclass(slots=True)
class Meaning:
    """The expressions of one hook of one listener. `env` is what holds where the next one is evaluated.

    With `mute`, an answer that says that it did not come is taken for no answer. With `by_site`, what rules change, but
    for what is true or false, is something of its own at each place that reads it, and the same there in every walk.
    """

    world: World
    hook: str
    listener: str
    mute: bool = False
    by_site: bool = False
    env: Env = field(default_factory=lambda: Env({}))
    counts: bool = True
    asked: list[Asked] = field(default_factory=list)
    doubts: list[Lit] = field(default_factory=list)
    """When something was evaluated that has a finding already."""
    locals: dict[str, Value] = field(default_factory=dict)
    _times: Counter[int] = field(default_factory=Counter)

    def truth(self, e: x.Expr, when: Lit) -> Truth:
        """The condition, evaluated when `when` is true."""
        match e:
            case x.And() | x.Or():
                return self._junction(e, when)
            case x.Not(operand=operand):
                return self.truth(operand, when).denied
            case x.Present(value=value):
                return self._truth(self._each(self.value(value, when), lambda term: Flag(self._there(value, term))))
            case _:
                return self._truth(self.value(e, when))

    def _there(self, e: x.Expr, term: Term) -> Lit:
        return present(self.world, term) if e.type.optional else truth_of(self.world, term)

    def _truth(self, value: Value) -> Truth:
        graph = self.world.graph
        yes = graph.some(graph.both(guard, truth_of(self.world, term)) for guard, term in value.cases)
        yes = graph.both(yes, -value.unknown)
        return Truth(yes, graph.both(-yes, -value.unknown), value.unknown, value.defer)

    def _junction(self, e: x.And | x.Or, when: Lit) -> Truth:
        graph, settling = self.world.graph, isinstance(e, x.Or)
        left = self.truth(e.left, when)
        right = self.truth(e.right, graph.both(when, -(left.yes if settling else left.no)))
        if settling:
            left, right = left.denied, right.denied
        yes, no = graph.both(left.yes, right.yes), graph.either(left.no, right.no)
        unknown = graph.both(-yes, -no)
        made = Truth(yes, no, unknown, graph.both(unknown, graph.either(left.defer, right.defer)))
        return made.denied if settling else made

    # --- values

    def value(self, e: x.Expr, when: Lit) -> Value:
        """The value, evaluated when `when` is true."""
        match e:
            case x.Const(type=kind) if kind == t.ERROR:
                self.doubts.append(when)
                return single(Flag(self.world.flag(self._once(e))))
            case x.Const(value=value):
                return single(Known(value))
            case x.Read():
                return self._read(e)
            case x.Local(key=key):
                return self.locals.get(key) or single(self._anything(e))
            case x.And() | x.Or() | x.Not() | x.Present():
                truth = self.truth(e, when)
                return Value(((TRUE, Flag(truth.yes)),), truth.unknown, truth.defer)
            case x.FunctionCall():
                return self._call(e, when)
            case x.Default():
                return self._default(e, when)
            case x.Traced():
                return self.value(e.expr, when)
            case _:
                return self._strict(e, when)

    def _read(self, e: x.Read) -> Value:
        code = e.name.code
        if code in self.env.values and not (self.by_site and e.type != t.BOOL):
            return self.env.values[code]
        if code == "s.listener":
            return single(Known(self.listener))
        if e.type.name == t.TIME.name:
            return single(self._anything(e))
        key: tuple[Hashable, ...] = ("read", code) if code in _LASTING else ("read", code, self.hook)
        if code.endswith((".sender.domain", ".recipient.domain")):
            key = ("field", "domain", ("read", code.removesuffix(".domain")))
        elif code in self.env.values or code in _CHANGING or code.startswith("t.message"):
            key = self._as_changed(code, e)
        return single(self._natural(key, e.type))

    def _as_changed(self, code: str, e: x.Expr) -> tuple[Hashable, ...]:
        """The key of something that rules change: the same as long as they have not."""
        if self.by_site:
            return ("read", code, self._once(e))
        return ("read", code, self.env.message if code.startswith("t.message") else self.env.changed)

    def _natural(self, key: Hashable, kind: Type) -> Term:
        """The value of that key; a size is never below zero."""
        if kind.present().name == t.SIZE.name:
            return Var(self.world.subject(key, Form.ORDERED, low=0))
        return named(self.world, key, kind)

    def _anything(self, e: x.Expr) -> Term:
        """A value of that type of which nothing is known."""
        return named(self.world, self._once(e), e.type)

    def _once(self, e: x.Expr) -> Hashable:
        """The key of a value that is another one each time it is evaluated; the same in every walk of the same rules."""
        self._times[id(e)] += 1
        return ("once", self.hook, id(e), self._times[id(e)])

    def _default(self, e: x.Default, when: Lit) -> Value:
        world, graph = self.world, self.world.graph
        left = self.value(e.value, when)
        there = [(graph.both(guard, present(world, term)), term) for guard, term in left.cases]
        absent = graph.both(-left.unknown, -graph.some(guard for guard, _ in there))
        right = self.value(e.otherwise, graph.both(when, absent))
        cases = (*there, *((graph.both(absent, guard), term) for guard, term in right.cases))
        unknown = graph.either(left.unknown, graph.both(absent, right.unknown))
        defer = graph.either(left.defer, graph.both(absent, right.defer))
        return self._kept(e, Value(tuple(case for case in cases if case[0] != FALSE), unknown, defer))

    def _kept(self, e: x.Expr, value: Value) -> Value:
        return value if len(value.cases) <= _CASES else replace(value, cases=((TRUE, self._anything(e)),))

    def _each(self, value: Value, made: Callable[[Term], Term]) -> Value:
        return replace(value, cases=tuple((guard, made(term)) for guard, term in value.cases))

    def _strict(self, e: x.Expr, when: Lit) -> Value:
        """An operator that is applied when all its operands are known."""
        values = [self.value(operand, when) for operand in _operands(e)]
        cases = [(guard, self._applied(e, terms)) for guard, terms in self._combined(values)]
        unknown, defer = self._unknown(values)
        return self._kept(e, Value(tuple(cases) or ((TRUE, self._anything(e)),), unknown, defer))

    def _unknown(self, values: Sequence[Value]) -> tuple[Lit, Lit]:
        graph = self.world.graph
        return graph.some(value.unknown for value in values), graph.some(value.defer for value in values)

    def _combined(self, values: Sequence[Value]) -> Iterator[tuple[Lit, tuple[Term, ...]]]:
        """Every combination of the cases of some values; none when there are too many."""
        count = 1
        for value in values:
            count *= len(value.cases)
        if count > _CASES:
            return
        for chosen in itertools.product(*(value.cases for value in values)):
            guard = self.world.graph.every(case[0] for case in chosen)
            if guard != FALSE:
                yield guard, tuple(case[1] for case in chosen)

    def _applied(self, e: x.Expr, terms: tuple[Term, ...]) -> Term:
        world = self.world
        if any(isinstance(term, Known) and term.value is None for term in terms):
            return self._anything(e)  # absent as written: rules get here only where a test has found it there
        match e:
            case x.Compare(operator=sign):
                return Flag(compared(world, sign, terms[0], terms[1]))
            case x.Contains():
                return Flag(contained(world, terms[0], terms[1]))
            case x.Arithmetic(operator=sign) if (values := _known(terms)) is not None:
                return Known(values[0] + values[1] if sign == "+" else values[0] - values[1])
            case x.Folded() if (values := _known(terms)) is not None:
                return Known(str(values[0]).lower())
            case x.Matches(pattern=pattern) if (values := _known(terms)) is not None:
                return Known(pattern.value.search(values[0]) is not None)
            case x.Builtin(name="len"):
                return Var(world.subject(("len", *self._keys(terms)), Form.ORDERED, low=0))
            case x.Field(name="case", of=of) if of.type.members:
                return terms[0]
            case x.Field(name=name):
                return self._natural(("field", name, *self._keys(terms)), e.type)
            case _:
                return named(world, (*_operation(e), *self._keys(terms)), e.type)

    def _keys(self, terms: Sequence[Term]) -> list[Hashable]:
        return [key_of(self.world, term) for term in terms]

    # --- calls

    def _call(self, e: x.FunctionCall, when: Lit) -> Value:
        graph, function = self.world.graph, e.function
        values = [self.value(argument, when) for argument in e.arguments]
        unknown, defer = self._unknown(values)
        when = graph.both(when, -unknown)
        combined: list[tuple[Lit, tuple[Term, ...] | None]] = [*self._combined(values)] or [(TRUE, None)]
        cases: list[tuple[Lit, Term]] = []
        failed = FALSE
        for guard, terms in combined:
            key = self._call_key(e, terms)
            term = named(self.world, key, e.type)
            subject = self.world.subject(key, form_of(e.type))
            fails = self._fails(subject, function)
            failed = graph.either(failed, graph.both(graph.both(guard, -unknown), fails))
            cases.append((guard, term))
        made = Value(tuple(cases), graph.either(unknown, failed), graph.either(defer, failed if _defers(function) else FALSE))
        yes = self._truth(made).yes if e.type == t.BOOL else FALSE
        self.asked.append(Asked(e, when, graph.both(when, -failed), graph.both(when, yes), self.counts))
        return made

    def _fails(self, subject: int, function: Function) -> Lit:
        """Whether a call has no answer."""
        if function.may_fail:
            return self.world.ask(subject, UNKNOWN)
        if self.mute and function.returns.failing:
            return self.world.graph.some(self.world.ask(subject, ("is", member)) for member in function.returns.failing)
        return FALSE

    def _call_key(self, e: x.FunctionCall, terms: tuple[Term, ...] | None) -> Hashable:
        function = e.function
        changing = function.kind is Kind.PURE and bool(function.services)
        if terms is None or not self._repeatable(function) or (changing and self.by_site):
            return self._once(e)
        said = (function.name, function.timeout, *self._keys(terms))
        if function.kind is Kind.PURE:
            return ("call", *said, *((self.env.changed, self.env.message) if changing else ()))
        return ("call", self.hook, *said)

    def _repeatable(self, function: Function) -> bool:
        """True when the same call has the same answer, here and now."""
        if function.kind is Kind.PURE:
            return not function.may_fail
        if not function.asynchronous:
            return False
        in_transaction = ORDER.index("mail") <= ORDER.index(self.hook) <= ORDER.index("queue_post")
        return function.scope is Scope.CONNECTION or (function.scope is Scope.TRANSACTION and in_transaction)


def _defers(function: Function) -> bool:
    return function.on_error is not None and function.on_error.value == "defer"


def _known(terms: Sequence[Term]) -> list[Any] | None:
    values = [term.value for term in terms if isinstance(term, Known)]
    return values if len(values) == len(terms) else None


def _operands(e: x.Expr) -> tuple[x.Expr, ...]:
    match e:
        case x.Compare() | x.Arithmetic():
            return e.left, e.right
        case x.Contains():
            return e.item, e.collection
        case x.Item():
            return e.of, e.key
        case x.Field():
            return (e.of,)
        case x.Folded() | x.Matches():
            return (e.text,)
        case x.Builtin():
            return e.arguments
        case x.Template():
            return e.values
        case _:
            return ()


def _operation(e: x.Expr) -> tuple[Hashable, ...]:
    """Names what is done with the operands."""
    match e:
        case x.Folded():
            return ("folded",)
        case x.Matches(pattern=pattern):
            return ("matches", id(pattern.value))
        case x.Arithmetic(operator=sign):
            return ("arithmetic", sign)
        case x.Builtin(name=name):
            return ("builtin", name)
        case x.Template(source=source):
            return ("template", source)
        case _:
            return ("item",)
