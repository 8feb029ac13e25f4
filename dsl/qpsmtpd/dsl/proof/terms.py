"""What an expression can be in a proof: a known value, a subject, or a literal; in one of several cases, or unknown."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Lit
from qpsmtpd.dsl.proof.subjects import Form
from qpsmtpd.dsl.proof.world import World


@dataclass(frozen=True, slots=True)
class Known:
    """A value known when the rules load."""

    value: Any


@dataclass(frozen=True, slots=True)
class Var:
    """The value of a subject."""

    subject: int


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false, as this literal is."""

    literal: Lit


Term = Known | Var | Flag


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression is in each case: when the value is known, exactly one of the guards is true.

    `defer` is true when a call whose failure policy is `defer` is among the causes of its being unknown.
    """

    cases: tuple[tuple[Lit, Term], ...]
    unknown: Lit = FALSE
    defer: Lit = FALSE


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition: exactly one of the first three is true."""

    yes: Lit
    no: Lit
    unknown: Lit = FALSE
    defer: Lit = FALSE

    @property
    def denied(self) -> Truth:
        """The opposite condition."""
        return Truth(self.no, self.yes, self.unknown, self.defer)


def single(term: Term) -> Value:
    """A value that is the same in every case."""
    return Value(((TRUE, term),))


_FORMS = {
    t.BOOL.name: Form.FLAG,
    **{kind.name: Form.ORDERED for kind in (t.NUMBER, t.DURATION, t.SIZE, t.TIME)},
    t.IP.name: Form.NETWORK,
    t.DOMAIN.name: Form.DOMAIN,
}
"""By the name of the type: to compare whole types, so often, would be felt."""


def form_of(kind: Type) -> Form:
    """How values of a type can be told apart."""
    kind = kind.present()
    if kind.members:
        return Form.MEMBERS
    return Form.PLAIN if kind.fields else _FORMS.get(kind.name, Form.PLAIN)


def named(world: World, key: Hashable, kind: Type) -> Term:
    """The value of that key: a literal for what is true or false, else a subject."""
    if kind.name == t.BOOL.name:
        return Flag(world.flag(key))
    form = form_of(kind)
    return Var(world.subject(key, form, kind.present().members if form is Form.MEMBERS else ()))


def key_of(world: World, term: Term) -> Hashable:
    """Equal for terms that have the same value."""
    match term:
        case Known(value):
            try:
                hash(value)
            except TypeError:
                return ("known", id(value))
            return ("known", type(value).__name__, value)
        case Var(subject):
            return world.subjects[subject].key
        case Flag(literal):
            return ("flag", literal)
