"""Decides what a `var` declares: a value of a known type that rules change, for a connection or for a transaction."""

from __future__ import annotations

from itertools import count

from qpsmtpd.dsl.check.book import Book, Scope
from qpsmtpd.dsl.check.constants import known
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.fitting import fit
from qpsmtpd.dsl.check.typed import Variable
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.hooks import Readable
from qpsmtpd.dsl.syntax import tree

_LIVES = {"connection": ("pre_connection", "s"), "transaction": ("mail", "t")}
"""From which hook on there is a variable of that life, and who holds it."""


def declare_variable(var: tree.Var, book: Book, policy: str = "") -> Readable | None:
    """The variable as a name that rules read and assign; None after a finding. One of a policy is new at each `apply`."""
    per = var.per.text
    if per not in _LIVES:
        book.findings.add(
            "Q216",
            var.per.span,
            f"a variable cannot be kept per {per}",
            allowed=words(f"per {life}" for life in _LIVES),
            help=suggestion(per, _LIVES),
        )
        return None
    scope = Scope(book)
    kind = declared_type(var.type, book) if var.type else None
    expr = scope.typed(var.value, kind)
    if kind is not None:
        expr = fit(expr, scope, kind, f"`{var.name.text}`")
    value = known(expr, scope, f"the first value of `{var.name.text}`")
    if value.type == t.ERROR or kind == t.ERROR:
        return None
    if value.type == t.ABSENT and kind is None:
        message = f"`{var.name.text}` begins as `none`, and its type is not said"
        book.findings.add("Q216", var.value.span, message, help=f"write `var {var.name.text}: text? = none per {per}`")
        return None
    return _kept(var, kind or value.type, value.value, book, policy)


def _kept(var: tree.Var, kind: t.Type, value: object, book: Book, policy: str) -> Readable:
    per, name = var.per.text, var.name.text
    stem = f"{policy}_{name}" if policy else name
    taken = {variable.key for variable in book.made}
    key = next(key for n in count(1) if (key := stem if n == 1 else f"{stem}_{n}") not in taken)
    book.made.append(Variable(var.span, key, per, value))
    since, holder = _LIVES[per]
    return Readable(name, kind, since, f"{holder}.vars.{key}", f"declared by `var {name}`", assignable=True)


def rows(book: Book) -> dict[str, Readable]:
    """The variables that the rules declare outside of policies."""
    made = {name: declare_variable(var, book) for name, var in book.vars.items()}
    return {name: row for name, row in made.items() if row is not None}
