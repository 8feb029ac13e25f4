"""Decides what a filter makes of a value in a template: which it takes, what comes out, and how Jinja2 spells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.fitting import absent
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.wording import a, words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.syntax.tree import Span

_TEXTS = ("text", "domain", "address", "template")


@dataclass(frozen=True, slots=True)
class Hole:
    """A value that is filled in, its type by now, and the filters that Jinja2 still has to apply."""

    value: Expr
    type: Type
    filters: tuple[str, ...] = ()

    def through(self, spelled: str, kind: Type) -> Hole:
        """The same with one more filter."""
        return replace(self, type=kind, filters=(*self.filters, spelled))


_Apply = Callable[[Hole, str | None], Hole]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: `apply` makes of a hole the one behind it, or raises _Unfit; the manual has `written` and `meaning`."""

    apply: _Apply
    written: str
    meaning: str


class _Unfit(ValueError):
    """The filter cannot do this; the text says why."""


def filtered(hole: Hole, name: str, argument: str | None, *, span: Span, scope: Scope) -> Hole | None:
    """The hole with that filter applied; None after a finding."""
    if name not in FILTERS:
        scope.findings.add(
            "Q207",
            span,
            f"there is no filter `{name}`",
            allowed=f"the filters are {words(FILTERS, 'and')}",
            help=suggestion(name, FILTERS),
        )
        return None
    if hole.type.optional and name != "default":
        absent(hole.value, scope, "give it a default first: `{{ … | default('nothing') }}`")
        return None
    try:
        return FILTERS[name].apply(hole, argument)
    except _Unfit as error:
        scope.findings.add("Q406", span, str(error))
        return None


def _case(name: str) -> _Apply:
    def apply(hole: Hole, argument: str | None) -> Hole:
        if argument is not None or hole.type.name not in _TEXTS:
            raise _Unfit(f"`{name}` takes a text and nothing else, but this is {a(hole.type)}")
        return hole.through(name, t.TEXT)

    return apply


def _length(hole: Hole, argument: str | None) -> Hole:
    if argument is not None or hole.type.name not in (*_TEXTS, "list"):
        raise _Unfit(f"`length` takes a text or a list and nothing else, but this is {a(hole.type)}")
    return hole.through("length", t.NUMBER)


def _default(hole: Hole, argument: str | None) -> Hole:
    if argument is None or hole.filters:
        raise _Unfit("`default` stands before other filters and says what to write instead, as in `default('nobody')`")
    if not hole.type.optional:
        return hole
    kind = hole.type.present()
    span = hole.value.span
    return Hole(typed.Default(span, kind, hole.value, Const(span, t.TEXT, argument)), kind)


def _join(hole: Hole, argument: str | None) -> Hole:
    if hole.type.name != "list":
        raise _Unfit(f"`join` takes a list, but this is {a(hole.type)}")
    return hole.through(f"join({argument or ''!r})", t.TEXT)


def _truncate(hole: Hole, argument: str | None) -> Hole:
    if hole.type.name not in _TEXTS or argument is None or not argument.isdecimal() or len(argument) > 9:
        raise _Unfit("`truncate` takes a text and says to how many characters, as in `truncate(60)`")
    # Jinja2 would let a text pass that is up to five characters longer, and has no room for dots in a shorter one
    dots = "..."[: int(argument)]
    return hole.through(f"truncate({int(argument)}, true, '{dots}', 0)", t.TEXT)


FILTERS: Mapping[str, Filter] = {
    "upper": Filter(_case("upper"), "upper", "the text in capitals"),
    "lower": Filter(_case("lower"), "lower", "the text in small letters"),
    "length": Filter(_length, "length", "how many characters a text has, or entries a list"),
    "default": Filter(_default, "default('nobody')", "the value, or that text where it is absent; stands before other filters"),
    "join": Filter(_join, "join(', ')", "the entries of a list in one text, with that between them"),
    "truncate": Filter(
        _truncate, "truncate(60)", "the text cut to so many characters, the last of them dots where it was longer"
    ),
}
"""Every filter, by name."""
