"""Decides what to say of a name that means nothing where it stands: unknown, or known only from a later hook on."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.typed import Const
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.hooks import HOOKS, ORDER, READABLE, Readable, is_known
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.syntax.tree import Name


def unknown_name(node: Name, scope: Scope, wanted: Type | None) -> Const:
    """Reports a name that is no value."""
    name, book = node.text, scope.book
    if name in book.catalogue or name in book.defines:
        message = f"`{name}` is a {'function' if name in book.catalogue else 'define'}: its value needs a call"
        scope.findings.add("Q201", node.span, message, help=f"write `{name}(…)`")
    else:
        members = wanted.present().members if wanted else ()
        names = [*members, *READABLE, *book.lets, *scope.variables, *scope.values, "true", "false", "none"]
        remedy = (
            _elsewhere(name) or suggestion(name, names) or "a text stands in quotes; a value of your own is declared by `let`"
        )
        allowed = f"values of {wanted} are {words(members, 'and')}" if members else ""
        scope.findings.add("Q201", node.span, f"`{name}` is not known", allowed=allowed, help=remedy)
    return faulty(node.span)


_ABSENT = frozenset({"null", "nil", "undef", "undefined", "None", "NULL"})


def _elsewhere(name: str) -> str:
    """What a word of other languages is here, or of which value a bare attribute is a part."""
    if name in _ABSENT:
        return "absence is written `none`, the null sender `<>`"
    owners = [row.name for rows in READABLE.values() for row in rows if row.type.field(name)]
    return f"did you mean {words(f'{owner}.{name}' for owner in dict.fromkeys(owners))}?" if owners else ""


def too_early(node: Name, rows: Sequence[Readable], scope: Scope) -> Const:
    """Reports a name that this hook cannot read; `rows` are its entries."""
    if not scope.hook:
        scope.findings.add(
            "Q408",
            node.span,
            f"`{node.text}` cannot be used outside of a hook",
            why="the value must be known when the rules load, before there is a client",
            help=f"make it `define NAME() = …`, which is worked out where it is used, or use `{node.text}` in a hook",
        )
        return faulty(node.span)
    hooks = [hook for hook in ORDER if any(is_known(row, hook) for row in rows)]
    late = ORDER.index(scope.hook) > ORDER.index(hooks[0])
    scope.findings.add(
        "Q301",
        node.span,
        f"`{node.text}` is not known in `{scope.hook}`",
        why=_why_not(rows, scope.hook, late),
        allowed=_where(rows, hooks, late),
        help=f"move the rule to `on {hooks[0] if not late else _nearest(hooks)}:`",
    )
    return faulty(node.span)


def _nearest(hooks: Sequence[str]) -> str:
    return "queue" if "queue" in hooks else hooks[-1]


def _why_not(rows: Sequence[Readable], hook: str, late: bool) -> str:
    if late and not any(row.only for row in rows):
        return (
            f"`{hook}` runs at any moment, and there need not be a transaction"
            if hook != "disconnect"
            else ("at the end of a connection there need not be a transaction")
        )
    return f"`{hook}` is this moment: {HOOKS[hook].when}"


def _where(rows: Sequence[Readable], hooks: Sequence[str], late: bool) -> str:
    if any(row.only for row in rows):
        return f"it is known in {words(hooks, 'and')} only"
    return f"it is known in the hooks from `{hooks[0]}` to `{_nearest(hooks)}`" if late else f"it is known from `{hooks[0]}` on"
