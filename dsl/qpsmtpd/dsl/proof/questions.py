"""Questions about terms, as literals: presence, comparison, membership.

What can be answered from constants is answered; an address is asked about by its parts; what the divisions of subjects
cannot express becomes a question of its own, of which nothing else is known.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from qpsmtpd.dsl.model.operators import COMPARE
from qpsmtpd.dsl.model.values import Address, AddressSet, DomainSet, NetworkSet
from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Lit
from qpsmtpd.dsl.proof.subjects import IS_TRUE, PRESENT, Form, divisible
from qpsmtpd.dsl.proof.terms import Flag, Known, Term, Var, key_of
from qpsmtpd.dsl.proof.world import World

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ADDRESSES = 256
"""Addresses of a list that are asked about one by one."""

USER = ("read", "s.user")
AUTHENTICATED = ("read", "s.authenticated")


def truth_of(world: World, term: Term) -> Lit:
    """The literal of a term that is true or false."""
    match term:
        case Known(value):
            return TRUE if value else FALSE
        case Flag(literal):
            return literal
        case Var(subject):
            if world.subjects[subject].form is Form.FLAG:
                return world.ask(subject, IS_TRUE)
            return world.flag(("truth", world.subjects[subject].key))


def present(world: World, term: Term) -> Lit:
    """Whether a value that may be absent is there."""
    match term:
        case Known(value):
            return TRUE if value is not None else FALSE
        case Flag():
            return TRUE
        case Var(subject):
            key = world.subjects[subject].key
            if key == USER:
                return world.flag(AUTHENTICATED)
            if isinstance(key, tuple) and key[:2] == ("field", "local"):  # the parts of an address are there together
                subject = _part(world, key[2], "domain")
            return world.ask(subject, PRESENT)


def _part(world: World, address: Hashable, name: str) -> int:
    """The subject that is the domain of an address, or its local part as it is compared."""
    key: Hashable = ("field", name, address)
    return world.subject(key, Form.DOMAIN) if name == "domain" else world.subject(("folded", key), Form.PLAIN)


def compared(world: World, sign: str, left: Term, right: Term) -> Lit:
    """`left SIGN right`."""
    if isinstance(left, Known) and isinstance(right, Known):
        return TRUE if COMPARE[sign](left.value, right.value) else FALSE
    if isinstance(left, Known):
        left, right, sign = right, left, _TURNED[sign]
    if sign in ("!=", ">", ">="):
        opposite = {"!=": "==", ">": "<=", ">=": "<"}[sign]
        return -compared(world, opposite, left, right)
    if isinstance(right, Known) and not isinstance(left, Known):
        return _with_constant(world, sign, left, right.value)
    return _with_another(world, sign, left, right)


def _with_constant(world: World, sign: str, left: Var | Flag, value: Any) -> Lit:
    if isinstance(left, Flag):
        return left.literal if value else -left.literal
    subject = world.subjects[left.subject]
    if isinstance(value, Address):
        return _is_address(world, subject.key, value)
    if subject.form is Form.FLAG:
        return world.ask(left.subject, IS_TRUE) * (1 if value else -1)
    if sign != "==" and subject.form is not Form.ORDERED or not _hashable(value):
        return _opaque(world, sign, left, Known(value))
    return world.ask(left.subject, ({"<": "below", "<=": "upto", "==": "is"}[sign], value))


def _is_address(world: World, key: Hashable, value: Address) -> Lit:
    if not value.compared:
        return -world.ask(_part(world, key, "domain"), PRESENT)
    return _compares_as(world, key, value.compared)


def _compares_as(world: World, key: Hashable, compared: str) -> Lit:
    """Whether an address is the one of which this is compared."""
    local, _, domain = compared.rpartition("@")
    same_local = world.ask(_part(world, key, "local"), ("is", local))
    return world.graph.both(same_local, world.ask(_part(world, key, "domain"), ("is", domain)))


def _with_another(world: World, sign: str, left: Term, right: Term) -> Lit:
    if left == right:
        return FALSE if sign == "<" else TRUE
    if isinstance(left, Flag) and isinstance(right, Flag):
        a, b, graph = left.literal, right.literal, world.graph
        return graph.either(graph.both(a, b), graph.both(-a, -b))
    return _opaque(world, sign, left, right)


def _opaque(world: World, sign: str, left: Term, right: Term) -> Lit:
    return world.flag(("compare", sign, key_of(world, left), key_of(world, right)))


def contained(world: World, item: Term, collection: Term) -> Lit:
    """`item in collection`."""
    if not isinstance(collection, Known):
        return world.flag(("contains", key_of(world, item), key_of(world, collection)))
    values = collection.value
    if isinstance(item, Known):
        return TRUE if item.value in values else FALSE
    if isinstance(item, Var) and isinstance(values, AddressSet) and len(values) <= _ADDRESSES:
        return _in_addresses(world, world.subjects[item.subject].key, values)
    if isinstance(item, Var) and divisible(values) and isinstance(values, _FITTING[world.subjects[item.subject].form]):
        return world.ask(item.subject, ("in", frozenset(values) if isinstance(values, tuple) else values))
    return world.flag(("in", key_of(world, item), key_of(world, collection)))


_FITTING: Mapping[Form, tuple[type, ...]] = {
    Form.FLAG: (),
    Form.MEMBERS: (frozenset, tuple),
    Form.ORDERED: (frozenset, tuple),
    Form.NETWORK: (NetworkSet,),
    Form.DOMAIN: (DomainSet,),
    Form.PLAIN: (frozenset, tuple),
}


def _in_addresses(world: World, key: Hashable, addresses: AddressSet) -> Lit:
    of_domain = world.ask(_part(world, key, "domain"), ("in", addresses.domains))
    single = (_compares_as(world, key, compared) for compared in addresses.compared)
    return world.graph.some([of_domain, *single])


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
