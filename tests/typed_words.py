"""Short words for typed rules, and a session that compiled rules can run on without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.typed import Block, Decide, TypedListener, TypedRules
from qpsmtpd.dsl.emit.emit import emit
from qpsmtpd.dsl.model import hooks
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.program import HookCode, Program
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.values import Address
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.engine.lookups import Asking

FILE = "rules.q"
CODES = {Verb.ACCEPT: (250, "2.1.5"), Verb.DISCARD: (250, "2.0.0"), Verb.DENY: (550, "5.7.1"), Verb.DEFER: (450, "4.7.1")}


def span(line: int = 1, column: int = 5, width: int = 10, file: str = FILE) -> Span:
    return Span(file, line, column, line, column + width)


def const(value: Any, type: t.Type = t.NUMBER, line: int = 1) -> typed.Const:
    return typed.Const(span(line), type, value)


def read(name: str, hook: str = "rcpt", line: int = 1) -> typed.Read:
    found = hooks.readable(name, hook)
    assert found is not None
    return typed.Read(span(line), found.type, found)


def call(code: Any, *arguments: typed.Expr, line: int = 1) -> typed.FunctionCall:
    function = code.__qpsmtpd__
    return typed.FunctionCall(span(line), function.returns, function, arguments)


def no(operand: typed.Expr) -> typed.Not:
    return typed.Not(operand.span, t.BOOL, operand)


def decide(verb: Verb, text: str = "", *, line: int = 1, **more: Any) -> Decide:
    code, enhanced = CODES.get(verb, (0, ""))
    return Decide(span(line), f"{FILE}:{line}", verb, code, enhanced, text, False, **more)


def when(
    condition: typed.Expr,
    then: typed.Stmt | tuple[typed.Stmt, ...],
    *,
    orelse: tuple[typed.Stmt, ...] = (),
    unknown: tuple[typed.Stmt, ...] | None = None,
) -> typed.Choose:
    line = condition.span.line
    body = then if isinstance(then, tuple) else (then,)
    return typed.Choose(span(line, 1, 30), f"{FILE}:{line}", condition, body, orelse, unknown)


def block(*body: typed.Stmt, file: str = FILE) -> Block:
    return Block(span(body[0].span.line if body else 1, file=file), body)


def rules(listeners: Mapping[str, Mapping[str, tuple[Block, ...]]]) -> TypedRules:
    made = tuple(TypedListener(name, span(), ListenerSettings(), blocks) for name, blocks in listeners.items())
    return TypedRules(ServerSettings(), made, "/rules", "0123456789ab")


def program(hook: str, *blocks: Block) -> Program:
    return emit(rules({"mx": {hook: blocks}}))


def compiled(hook: str, *body: typed.Stmt) -> HookCode:
    return program(hook, block(*body)).listeners[0].hooks[hook]


def moved(statement: Any, file: str) -> Any:
    """The statement as if it stood in another file."""
    return replace(statement, span=replace(statement.span, file=file))


class Records:
    """A journal that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def record(self, event: str, level: str = "info", **fields: object) -> None:
        self.kept.append({"event": event, "level": level, **fields})

    def recorder(self, event: str, level: str, *names: str) -> Callable[..., None]:
        return lambda *values: self.record(event, level, **dict(zip(names, values, strict=True)))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [record for record in self.kept if record["event"] == event]


class Session(Asking):
    """A connection at `rcpt`, with every fact that rules here read."""

    shadow = ""

    def __init__(self, **facts: Any) -> None:
        self.journal = Records()
        self.services: Any = SimpleNamespace(journal=self.journal)
        self.session_id = "s1"
        self.answers: dict[tuple[object, ...], object] | None = None
        self.deadline: float | None = None
        self.transaction: Any = Transaction()
        self.relay = self.trusted = False
        self.score: float = 0
        self.karma: float = 0
        self.helo = "h9.example.net"
        self.symbols: tuple[str, ...] = ()
        self.kept: tuple[str, Any] | None = None
        self.vars = SimpleNamespace(n=0, flag=False)
        self.copies: dict[str, Session] = {}
        self.would_haves: list[tuple[str, Any]] = []
        vars(self).update(facts)

    @property
    def pending(self) -> bool:
        return self.kept is not None

    def keep_for(self, hook: str, verdict: Any) -> None:
        if self.kept is None:
            self.kept = (hook, verdict)

    def enforced(self, hook: str) -> Any:
        return self.kept[1] if self.kept and self.kept[0] == hook and not (self.relay or self.trusted) else None

    def would(self, rule: str, code: Any, t: Any, key: str) -> None:
        self.would_haves.append((rule, code(self.copied(key), copy(t))))

    async def would_wait(self, rule: str, code: Any, t: Any, key: str) -> None:
        self.would_haves.append((rule, await code(self.copied(key), copy(t))))

    def copied(self, key: str) -> Session:
        """A session to which shadowed rules may do what they like."""
        made = self.copies.get(key) or copy(self)
        made.vars = copy(made.vars)
        if key:
            self.copies[key] = made
        return made


class Transaction:
    """A transaction with one recipient in hand."""

    def __init__(self, recipient: str = "x@example.org") -> None:
        self.answers: dict[tuple[object, ...], object] | None = None
        self.marked = False
        local, domain = recipient.split("@")
        self.recipient = Address(local, domain, recipient)
        self.sender = Address("a", "example.net", "a@example.net")
        self.recipients: list[Address] = []
