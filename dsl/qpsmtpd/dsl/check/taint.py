"""Decides which values come from a peer: through every operator they stay what a stranger has chosen.

Such a value never becomes a path, a pattern, the name of a file or of a DNS zone. What this file does not know to be ours
is a peer's: a name that is added to the hook table is so until it is said otherwise here.
"""

from __future__ import annotations

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.check.typed import Expr
from qpsmtpd.dsl.check.wording import spelled
from qpsmtpd.dsl.model.functions import Kind

_OURS = frozenset(
    {
        "s.listener",
        "s.server_ip",
        "s.server_port",
        "s.connections",
        "s.relay",
        "s.trusted",
        "s.score",
        "s.karma",
        "s.symbols",
        "s.pending",
        "s.authenticated",
        "s.services.clock.now()",
    }
)
"""What the rules and the service itself say, by the code of the name."""


def peers(expr: Expr, scope: Scope) -> Expr | None:
    """The part of an expression that a peer has chosen; None when all of it is ours."""
    return next((part for part in parts(expr) if _chosen(part, scope)), None)


def _chosen(part: Expr, scope: Scope) -> bool:
    match part:
        case typed.Read(name=row):
            return row.code not in _OURS and not row.assignable
        case typed.Field(of=of) | typed.Item(of=of):
            return _chosen(of, scope)
        case typed.Local(key=key):
            return key in scope.book.tainted
        case typed.FunctionCall(function=function):
            return function.kind is Kind.LOOKUP
    return False


def refuse(expr: Expr, role: str, becomes: str, scope: Scope) -> bool:
    """Reports a peer's value where `role` makes it something that no peer may choose; false when there is none in it."""
    part = peers(expr, scope)
    if part is None:
        return False
    name = spelled(part)
    whose = "what answers from outside say" if isinstance(part, typed.FunctionCall) else "what a client says"
    scope.findings.add(
        "Q515",
        part.span,
        f"`{name}` cannot stand here: {role} is {becomes}, and {whose} never becomes one",
        why=_WHY.get(becomes, "a stranger could have it be anything"),
        allowed="what is known when the rules load: literals, lists, `let` constants",
        help=f"write it in the rules; where `{name}` only chooses, test it: `if {name} == … …`",
    )
    return True


_WHY = {
    "a path": "a stranger could name any file of this machine",
    "a pattern": "a stranger could write one that matches everything",
    "a file's name": "a stranger could have any file of this machine read",
}
