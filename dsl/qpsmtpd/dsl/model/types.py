"""The types of the rule language, and how a Python annotation spells each of them.

A value's type decides what an operator may do with it; the annotations of a library function are its
types in the language, so this file is the one place where the two meet. It knows no syntax.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.model import keys, measured, values


@dataclass(frozen=True, slots=True)
class Type:
    """A type of the language; equal types are equal values.

    `of` holds the element of a list, map or optional type; `members` the values of an enumeration;
    `fields` those of a record; `truthy` says that a record may stand as a condition, `folded` that a text is compared
    without regard to case. An enumeration may have fields, too: `cases` says which are there with which value, and
    `failing` which of its values say that the answer did not come.
    """

    name: str
    of: Type | None = None
    members: tuple[str, ...] = ()
    fields: tuple[tuple[str, Type], ...] = ()
    truthy: bool = False
    folded: bool = False
    cases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    failing: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name == "optional":
            return f"{self.of}?"
        if self.of is not None:
            return f"{self.name}[{self.of}]"
        return self.name

    @property
    def optional(self) -> bool:
        """True for T?: the value may be absent."""
        return self.name == "optional"

    def same(self, other: Type) -> bool:
        """Equal but for what its values' fields may leave out: a recipient is an address, `helo` is a text."""
        if self.name != other.name or (self.of is None) != (other.of is None):
            return False
        return self.of is None or other.of is None or self.of.same(other.of)

    def field(self, name: str) -> Type | None:
        """The type of a record's field, None when it has no such field."""
        return dict(self.fields).get(name)

    def fields_of(self, member: str) -> tuple[str, ...]:
        """The fields that are there when an enumeration has this value."""
        return dict(self.cases).get(member, ())

    def present(self) -> Type:
        """The type without its `?`."""
        return self.of if self.optional and self.of is not None else self


BOOL = Type("bool")
NUMBER = Type("number")
TEXT = Type("text")
DURATION = Type("duration")
SIZE = Type("size")
RATE = Type("rate")
TIME = Type("time")
IP = Type("ip")
NETWORK = Type("network")
DOMAIN = Type("domain")
LOCAL_PART = Type("text", folded=True)
"""A text that keeps its spelling, and is compared without regard to case."""
ADDRESS = Type("address", fields=(("local", Type("optional", LOCAL_PART)), ("domain", Type("optional", DOMAIN))))
RECIPIENT = Type("address", fields=(("local", LOCAL_PART), ("domain", DOMAIN)))
"""An address that cannot be the null sender: its parts are always there."""
PATTERN = Type("pattern")
TEMPLATE = Type("template")
"""A parameter of this type takes a text with `{{ }}` in it; the function gets the finished text."""
PATH_TEMPLATE = Type("path_template")
"""A parameter of this type takes a path with `{{ }}` in it; each value stays inside of its component of the path."""
KEY = Type("key")
"""A parameter of this type takes what one can count by: a value of `KEYS`, or a text with `{{ }}` in it."""
NOTHING = Type("nothing")
"""What an effect returns."""
DELIVERY = Type("delivery")
ABSENT = Type("absent")
"""The type of `none` where no enumeration is wanted."""
ERROR = Type("error")
"""The type of an expression that already has a finding: every use of it is silent."""

SCALARS: Mapping[str, Type] = {
    t.name: t for t in (BOOL, NUMBER, TEXT, DURATION, SIZE, RATE, TIME, IP, NETWORK, DOMAIN, ADDRESS, PATTERN)
}
"""The types that an operator can name, besides list[T], map[T] and T?."""


KEYS = frozenset({each.name for each in (TEXT, ADDRESS, DOMAIN, IP, NETWORK, TEMPLATE)})
"""The types whose values can be keys, by name."""


def list_of(element: Type) -> Type:
    return Type("list", element)


def map_of(element: Type) -> Type:
    return Type("map", element)


def optional(inner: Type) -> Type:
    """T?; asking twice changes nothing."""
    return inner if inner.optional else Type("optional", inner)


def enumeration(name: str, members: Sequence[str]) -> Type:
    return Type(name, members=tuple(members))


_PLAIN: Mapping[object, Type] = {
    bool: BOOL,
    int: NUMBER,
    float: NUMBER,
    str: TEXT,
    type(None): NOTHING,
    values.Duration: DURATION,
    values.Size: SIZE,
    values.Time: TIME,
    values.Rate: RATE,
    measured.Measured: RATE,
    values.Domain: DOMAIN,
    values.Address: ADDRESS,
    values.Pattern: PATTERN,
    values.Template: TEMPLATE,
    values.PathTemplate: PATH_TEMPLATE,
    values.Delivery: DELIVERY,
    values.NetworkSet: list_of(NETWORK),
    values.DomainSet: list_of(DOMAIN),
    values.AddressSet: list_of(ADDRESS),
}


def of_annotation(hint: object) -> Type:
    """The language's type for a Python annotation. Raises TypeError for one that has none."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if hint in (values.IPAddress, values.IPNetwork):
        return IP if hint == values.IPAddress else NETWORK
    if hint == keys.Key:
        return KEY
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (list, tuple, Sequence):
        return list_of(of_annotation(args[0]))
    if origin is Mapping or origin is dict:
        return map_of(of_annotation(args[1]))
    if origin in (typing.Union, types.UnionType):
        rest = [arg for arg in args if arg is not type(None)]
        if len(rest) == 1 and len(rest) < len(args):
            return optional(of_annotation(rest[0]))
        if type(None) in args and set(rest) == set(typing.get_args(values.IPAddress)):
            return optional(IP)
        if all(isinstance(arg, type) and issubclass(arg, values.Variant) for arg in args):
            return _variants(args)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return enumeration(hint.__name__.lower(), [str(member.value) for member in hint])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return of_record(hint)
    raise TypeError(f"{hint!r} is no type of the rule language")


def _variants(classes: Sequence[type[values.Variant]]) -> Type:
    """An enumeration whose values have fields of their own; where the value is not known, each of them may be absent."""
    fields: dict[str, Type] = {}
    cases: list[tuple[str, tuple[str, ...]]] = []
    for each in classes:
        record = of_record(each)
        fields.update((name, optional(kind)) for name, kind in record.fields)
        cases.append((each.case, tuple(name for name, _ in record.fields)))
    return Type("answer", members=tuple(name for name, _ in cases), fields=tuple(fields.items()), cases=tuple(cases))


def of_record(record: type) -> Type:
    """The type of a frozen dataclass. Raises TypeError when a field has no type in the language."""
    hints = typing.get_type_hints(record, include_extras=True)
    fields = tuple((f.name, of_annotation(hints[f.name])) for f in dataclasses.fields(record))
    return Type(record.__name__.lower(), fields=fields, truthy=hasattr(record, "__bool__"))
