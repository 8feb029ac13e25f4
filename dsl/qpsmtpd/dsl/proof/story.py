"""A case told: the way through the rules that it takes, and what a client would say in it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from ipaddress import IPv4Address

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.proof.graph import TRUE
from qpsmtpd.dsl.proof.hooks_walked import Walked
from qpsmtpd.dsl.proof.ranges import Range
from qpsmtpd.dsl.proof.walk import Point
from qpsmtpd.dsl.proof.world import Model

_SHORT = 5
"""Steps that are all told; of a longer way only those that have to do with who may send what to whom."""
_TELLING = ("relay", "trusted", "authenticated", "user", "ip", "recipient", "domain")
_CLIENT = IPv4Address("203.0.113.9")

IP: Hashable = ("read", "s.ip")
_SENDER: Hashable = ("read", "t.sender")
_RECIPIENT: Hashable = ("read", "t.recipient")


def way(walked: Walked, model: Model, to: x.Stmt | None = None) -> tuple[Note, ...]:
    """The questions on the way to a statement, or through the whole hook, and how they are answered in this case."""
    steps = [*_steps(walked, model, to)]
    if len(steps) > _SHORT:
        steps = [step for step in steps if step[0] or any(map(_tells, parts(step[1])))]
    return tuple(note for _, _, note in steps)


def _steps(walked: Walked, model: Model, to: x.Stmt | None) -> Iterator[tuple[bool, x.Expr, Note]]:
    """Each question with whether its answer led into one of its branches."""
    for point in walked.walk.points:
        if point.statement is to and model.holds(point.here):
            return
        if point.branches and not point.shadowed and model.holds(point.here):
            branch = next(branch for branch in point.branches if model.holds(branch.when))
            if branch.when != TRUE:
                asked = question(point)
                yield bool(branch.body), asked, Note(asked.span, branch.says)


def question(point: Point) -> x.Expr:
    """What a statement with branches asks."""
    assert isinstance(point.statement, x.Choose | x.Match)
    return point.statement.condition if isinstance(point.statement, x.Choose) else point.statement.subject


def _tells(part: x.Expr) -> bool:
    if isinstance(part, x.FunctionCall):
        return part.function.kind in (Kind.GATE, Kind.VERIFIER)
    return isinstance(part, x.Read) and part.name.name in _TELLING


def envelope(model: Model) -> str:
    """What a client says in this case, up to the recipient."""
    ip = model.example(IP)
    client = ip.example if isinstance(ip, Range) and not _holds(ip, _CLIENT) else _CLIENT
    sender = "" if _absent(model, _SENDER) else _address(model, _SENDER, "a", "example.net")
    recipient = _address(model, _RECIPIENT, "x", "elsewhere.example")
    return f"client {client} says MAIL FROM:<{sender}>, RCPT TO:<{recipient}>"


def _holds(addresses: Range, ip: IPv4Address) -> bool:
    return addresses.version == ip.version and addresses.first <= int(ip) <= addresses.last


def _absent(model: Model, address: Hashable) -> bool:
    found = model.example(("field", "domain", address))
    return found is not None and not isinstance(found, str)


def _address(model: Model, key: Hashable, local: str, domain: str) -> str:
    locals_, domains = model.example(("folded", ("field", "local", key))), model.example(("field", "domain", key))
    return f"{locals_ if isinstance(locals_, str) else local}@{domains if isinstance(domains, str) else domain}"
