"""Decides what `require FUNCTION before HOOK` asks for; whether it holds is the proof's matter."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Book, Scope
from qpsmtpd.dsl.check.operators import condition
from qpsmtpd.dsl.check.places import known_hook, known_listener
from qpsmtpd.dsl.check.typed import Required
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.types import BOOL, ERROR
from qpsmtpd.dsl.syntax import tree


def required(found: Sequence[tree.TopLevel], book: Book) -> list[tuple[frozenset[str], Required]]:
    """What the rules ask for, each with the listeners at which it has to hold."""
    made = []
    for statement in found:
        if isinstance(statement, tree.Require):
            one = _one(statement, book)
            if one is not None:
                places = frozenset(name.text for name in statement.listeners) or frozenset(book.listeners)
                made.append((places, one))
    return made


def _one(node: tree.Require, book: Book) -> Required | None:
    name, hook = node.function, node.before
    good = all([known_hook(hook, book.findings), *(known_listener(n, book.listeners, book.findings) for n in node.listeners)])
    if name.text not in book.catalogue:
        help = suggestion(name.text, book.catalogue)
        book.findings.add("Q202", name.span, f"there is no function `{name.text}`", help=help)
        good = False
    if not good:
        return None
    if node.guard is None:
        return Required(node.span, name.text, hook.text, None)
    decisive = condition(node.guard.condition, Scope(book, hook.text, variables=book.variables))
    if decisive.type == ERROR:
        return None
    if node.guard.keyword == "unless":
        decisive = typed.Not(decisive.span, BOOL, decisive)
    return Required(node.span, name.text, hook.text, decisive)
