"""What rules mean, said the short way: an interpreter of typed rules to hold the compiled ones against.

Slow, obvious, and written from the language's manual (lookups that fail), not from the emitter.
"""

from __future__ import annotations

import operator
from copy import copy
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model.functions import Kind, OnError
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN
from qpsmtpd.dsl.model.verdicts import Verb, Verdict, verdict

_OPERATORS: dict[str, Any] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
}


class Skipped(Exception):
    """`skip`: the block is left."""


class Meaning:
    """One run of a hook's blocks."""

    def __init__(self, session: Any, transaction: Any, *, shadowed: bool = False) -> None:
        self.shadowed = shadowed
        self.s, self.t = session, transaction
        self.locals: dict[str, Any] = {}
        self.last: dict[Any, Any] = {}

    def hook(self, blocks: tuple[typed.Block, ...]) -> Verdict | None:
        for block in blocks:
            try:
                decided = self.run(block.body)
            except Skipped:
                continue
            if decided is not None:
                return decided
        return None

    def run(self, body: tuple[typed.Stmt, ...]) -> Verdict | None:
        for statement in body:
            decided = getattr(self, type(statement).__name__.lower())(statement)
            if decided is not None:
                return decided
        return None

    # --- statements

    def match(self, s: typed.Match) -> Verdict | None:
        value = self.value(s.subject)
        if value is UNKNOWN or value is DEFER:
            return self.lost(s, value)
        return self.run(next((case.body for case in s.cases if value in case.values), s.orelse))

    def enforce(self, s: typed.Enforce) -> Verdict | None:
        if self.s.kept is None or self.s.kept[0] != "rcpt" or self.s.relay or self.s.trusted:
            return None
        return self.s.kept[1]

    def shadow(self, s: typed.Shadow) -> None:
        if self.shadowed:
            raise AssertionError("the checker puts no shadow inside another")
        inner = Meaning(self.s.copied(s.key), copy(self.t), shadowed=True)
        inner.locals = self.locals
        try:
            decided = inner.run(s.body)
        except Skipped:
            decided = None
        self.s.would_haves.append((s.rule, decided))

    def choose(self, s: typed.Choose) -> Verdict | None:
        truth = self.value(s.condition)
        if truth is UNKNOWN or truth is DEFER:
            return self.lost(s, truth) if s.unknown is None else self.run(s.unknown)
        return self.run(s.then if truth else s.orelse)

    def lost(self, s: typed.Stmt, value: Any) -> Verdict | None:
        if value is UNKNOWN or self.shadowed:
            return None
        return verdict(Verb.DEFER, s.rule, 451, "4.4.3", "Temporary lookup failure, try again later")

    def decide(self, s: typed.Decide) -> Verdict | None:
        if s.verb is Verb.SKIP:
            raise Skipped
        said = s.text
        if s.reason:
            assert isinstance(s.message, typed.FunctionCall)
            said = getattr(self.last.get(s.message.span), "reason", "") or s.text
        elif s.message is not None:
            said = self.value(s.message)
            if said is UNKNOWN or said is DEFER:
                return self.lost(s, said)
        made = verdict(s.verb, s.rule, s.code, s.enhanced, said, place=s.place)
        if not s.at:
            return made
        if self.s.kept is None:
            self.s.kept = (s.at, made)
        return None

    def set(self, s: typed.Set) -> Verdict | None:
        if s.alias in self.s.symbols:
            return None
        value = self.value(s.value)
        if value is UNKNOWN or value is DEFER:
            return self.lost(s, value)
        holder, name = (self.s.vars, s.target.name) if s.target.code.startswith("s.vars") else (self.s, s.target.name)
        if s.operator != "=":
            value = _OPERATORS[s.operator[0]](getattr(holder, name), value)
        setattr(holder, name, round(value, 2) if name in ("score", "karma") else value)
        if s.alias:
            self.s.symbols += (s.alias,)
        return None

    def bind(self, s: typed.Bind) -> None:
        self.locals[s.key] = self.value(s.value)

    def log(self, s: typed.Log) -> Verdict | None:
        text = self.value(s.message)
        if text is UNKNOWN or text is DEFER:
            return self.lost(s, text)
        self.s.note(s.rule, text)
        return None

    def do(self, s: typed.Do) -> Verdict | None:
        value = self.value(s.call)
        return self.lost(s, value) if value is UNKNOWN or value is DEFER else None

    # --- expressions

    def value(self, e: typed.Expr) -> Any:
        match e:
            case typed.Const():
                return e.value
            case typed.Local():
                return self.locals[e.key]
            case typed.Read():
                return eval(e.name.code, {"s": self.s, "t": self.t})
            case typed.And():
                return self.junction(e, settling=False)
            case typed.Or():
                return self.junction(e, settling=True)
            case typed.Default():
                value = self.value(e.value)
                return self.value(e.otherwise) if value is None else value
            case typed.Builtin():
                return self.strict(e, e.arguments)
            case typed.Field():
                return self.strict(e, (e.of,))
            case typed.FunctionCall():
                self.last[e.span] = found = self.strict(e, e.arguments)
                return found
            case typed.Template():
                return self.strict(e, e.values)
            case typed.Not():
                return self.strict(e, (e.operand,))
            case typed.Folded():
                return self.strict(e, (e.text,))
            case typed.Present():
                return self.strict(e, (e.value,))
            case typed.Contains():
                return self.strict(e, (e.item, e.collection))
            case typed.Compare() | typed.Arithmetic():
                return self.strict(e, (e.left, e.right))
        raise AssertionError(e)

    def junction(self, e: typed.And | typed.Or, *, settling: bool) -> Any:
        left = self.value(e.left)
        if left is settling:
            return settling
        right = self.value(e.right)
        if right is settling:
            return settling
        unknown = [side for side in (left, right) if side is UNKNOWN or side is DEFER]
        if unknown:
            return DEFER if DEFER in unknown else UNKNOWN
        return not settling

    def strict(self, e: typed.Expr, operands: tuple[typed.Expr, ...]) -> Any:
        values = [self.value(operand) for operand in operands]
        if any(value is DEFER for value in values):
            return DEFER
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        match e:
            case typed.FunctionCall():
                return self.called(e, values)
            case typed.Builtin():
                return {"len": lambda x: len(x), "lower": lambda x: x.lower()}[e.name](*values)
            case typed.Field(name="case"):
                return type(values[0]).__name__.lower()
            case typed.Field():
                return getattr(values[0], e.name, None)
            case typed.Template():
                return "/".join("" if value is None else str(value).lower() for value in values)
            case typed.Not():
                return not values[0]
            case typed.Folded():
                return values[0].lower()
            case typed.Present():
                return values[0] is not None
            case typed.Contains():
                return values[0] in values[1]
            case typed.Compare() | typed.Arithmetic():
                return _OPERATORS[e.operator](*values)
        raise AssertionError(e)

    def called(self, e: typed.FunctionCall, values: list[Any]) -> Any:
        try:
            found = e.function.code(*values)
            if e.function.asynchronous:
                found = finish(found)
        except OSError:
            if e.function.failure is not None:
                return e.function.failure
            return DEFER if e.function.on_error is OnError.DEFER else UNKNOWN
        if e.function.kind is Kind.GATE and found and not self.shadowed and isinstance(e.arguments[0], typed.Read):
            self.t.marked = e.arguments[0].name.name == "domain" or self.t.marked
        return found


def finish(waiting: Any) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        waiting.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")
