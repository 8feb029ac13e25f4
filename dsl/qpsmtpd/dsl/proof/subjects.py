"""What conditions ask about, and into which regions the questions divide the values that a subject can have.

A subject is a value that stays the same while it is asked about: the client's address, the answer of a call, a score
between two changes. Every question about it divides its values in two; together they make regions in which every
answer is the same. Each region that this file names has a value in it, and each value is in one region: so what holds
in every region holds always, and what holds in one can happen. (Between two whole numbers it puts a third one, also where there is none: then more can happen here than in the world.)
"""

from __future__ import annotations

import enum
import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from qpsmtpd.dsl.model.values import DomainSet, NetworkSet
from qpsmtpd.dsl.proof.ranges import FAMILIES, Range, divided_by

Ask = tuple[str, Hashable]
"""`unknown`, `present` and `true` ask for nothing more; `is`, `below`, `upto` compare with a value, `in` with a collection."""

UNKNOWN: Ask = ("unknown", None)
PRESENT: Ask = ("present", None)
IS_TRUE: Ask = ("true", None)

LARGEST = 4096
"""Entries of a list that is still divided into regions; membership in a longer one is one question of its own."""


class Form(enum.Enum):
    """How the values of a subject can be told apart."""

    FLAG = "flag"
    MEMBERS = "members"
    ORDERED = "ordered"
    NETWORK = "network"
    DOMAIN = "domain"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whatever has the same `key` has the same value. Bounds are for ordered values, both inclusive."""

    key: Hashable
    form: Form
    members: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Division:
    """The regions of a subject, each with an example, and for each question the regions (as bits) where the answer is yes.

    `usual` is the region of which most rules take no notice. The example of a network region is a `Range`.
    """

    examples: tuple[Any, ...]
    masks: Mapping[Ask, int]
    usual: int

    @property
    def everything(self) -> int:
        return (1 << len(self.examples)) - 1


class Absent:
    """The example of the region in which the value is absent or unknown: there is none to show."""


ABSENT, UNKNOWN_VALUE = Absent(), Absent()


def divide(subject: Subject, asked: Sequence[Ask]) -> Division:
    """The regions into which these questions divide a subject's values."""
    examples, masks = _DIVIDE[subject.form](subject, [ask for ask in asked if ask not in (UNKNOWN, PRESENT)])
    usual = _usual(subject, examples)
    if PRESENT in asked:
        masks[PRESENT] = (1 << len(examples)) - 1
        usual = len(examples)
        examples.append(ABSENT)
    if UNKNOWN in asked:
        masks[UNKNOWN] = 1 << len(examples)
        examples.append(UNKNOWN_VALUE)
    return Division(tuple(examples), masks, usual)


def _usual(subject: Subject, examples: Sequence[Any]) -> int:
    if subject.form is Form.ORDERED:
        return next((i for i, value in enumerate(examples) if value == 0), 0)
    return len(examples) - 1


_Made = tuple[list[Any], dict[Ask, int]]


def _flag(subject: Subject, asked: Sequence[Ask]) -> _Made:
    return [True, False], {IS_TRUE: 1}


def _members(subject: Subject, asked: Sequence[Ask]) -> _Made:
    return _listed(asked, subject.members)


def _plain(subject: Subject, asked: Sequence[Ask]) -> _Made:
    values: dict[Any, None] = {}
    for word, value in asked:
        values.update(dict.fromkeys([value] if word == "is" else _entries(value)))
    examples, masks = _listed(asked, [*values])
    return [*examples, None], masks


def _entries(collection: Any) -> Iterable[Any]:
    """The entries in an order that is the same in every run."""
    entries: Iterable[Any] = sorted(collection, key=repr) if isinstance(collection, frozenset) else collection
    return entries


def _listed(asked: Sequence[Ask], values: Sequence[Any]) -> _Made:
    place = {value: number for number, value in enumerate(values)}

    def mask(word: str, value: Any) -> int:
        wanted = [value] if word == "is" else _entries(value)
        return _bits(place[each] for each in wanted if each in place)

    return [*values], {(word, value): mask(word, value) for word, value in asked}


def _bits(places: Iterable[int]) -> int:
    found = 0
    for place in set(places):
        found |= 1 << place
    return found


def _ordered(subject: Subject, asked: Sequence[Ask]) -> _Made:
    cuts: set[Any] = {cut for cut in (0, subject.low, subject.high) if math.isfinite(cut)}
    for word, value in asked:
        cuts.update(_entries(value) if word == "in" else [value])
    values = [value for value in _between(sorted(cuts)) if subject.low <= value <= subject.high]

    def mask(word: str, value: Any) -> int:
        if word == "in":
            return _bits(place for place, each in enumerate(values) if each in value)
        first, behind = bisect_left(values, value), bisect_right(values, value)
        return {"below": (1 << first) - 1, "upto": (1 << behind) - 1}.get(word, (1 << behind) - (1 << first))

    return values, {(word, value): mask(word, value) for word, value in asked}


def _between(cuts: Sequence[Any]) -> Iterable[Any]:
    """The numbers, one between each two, one below and one above all."""
    pairs = [(one, (one + other) / 2) for one, other in itertools.pairwise(cuts)]
    return [cuts[0] - 1, *(value for pair in pairs for value in pair), cuts[-1], cuts[-1] + 1]


def _domains(subject: Subject, asked: Sequence[Ask]) -> _Made:
    """Each name that is written somewhere, one below each `.parent`, and one that no rule knows."""
    written: dict[str, None] = {}
    for word, value in asked:
        written.update(dict.fromkeys([str(value)] if word == "is" else map(str, _entries(value))))
    names = [name for name in written if not name.startswith(".")]
    names += [_below(parent, written) for parent in written if parent.startswith(".")]
    place = {name: number for number, name in enumerate(dict.fromkeys(names))}
    under: dict[str, int] = {}
    for name, number in place.items():
        for parent in _parents(name):
            under[parent] = under.get(parent, 0) | 1 << number

    def mask(word: str, value: Any) -> int:
        if word == "is":
            return 1 << place[str(value)]
        found = 0
        for entry in _entries(value):
            found |= under.get(entry, 0) if entry.startswith(".") else 1 << place[entry]
        return found

    return [*place, None], {(word, value): mask(word, value) for word, value in asked}


def _below(parent: str, written: Mapping[str, None]) -> str:
    """A name below the parent that is not written, nor below another parent that is."""
    label = "host"
    while label + parent in written or "." + label + parent in written:
        label += "-x"
    return label + parent


def _parents(name: str) -> Iterable[str]:
    dot = name.find(".", 1)
    while dot >= 0:
        yield name[dot:]
        dot = name.find(".", dot + 1)


def _networks(subject: Subject, asked: Sequence[Ask]) -> _Made:
    blocks: list[tuple[Range, int]] = []
    for number, (word, value) in enumerate(asked):
        if word == "is" and isinstance(value, IPv4Address | IPv6Address):
            blocks.append((Range(value.version, int(value), int(value)), number))
        elif isinstance(value, NetworkSet):
            blocks += ((Range.of(network), number) for network in value)
    regions: list[Any] = []
    masks: dict[Ask, int] = dict.fromkeys(asked, 0)
    for version in FAMILIES:
        for cell, owners in divided_by(version, blocks):
            for owner in owners:
                masks[asked[owner]] |= 1 << len(regions)
            regions.append(cell)
    return regions, masks


_DIVIDE: Mapping[Form, Callable[[Subject, Sequence[Ask]], _Made]] = {
    Form.FLAG: _flag,
    Form.MEMBERS: _members,
    Form.ORDERED: _ordered,
    Form.NETWORK: _networks,
    Form.DOMAIN: _domains,
    Form.PLAIN: _plain,
}


def divisible(collection: object) -> bool:
    """True for a constant collection that is short enough to be divided into regions."""
    return isinstance(collection, (NetworkSet, DomainSet, frozenset, tuple)) and len(collection) <= LARGEST
