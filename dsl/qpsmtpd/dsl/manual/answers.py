"""What a value of an enumeration or record can be, and which parts it has."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.manual.pages import Part, Prose, table
from qpsmtpd.dsl.manual.written import code
from qpsmtpd.dsl.model.types import Type


def answers(kind: Type) -> Iterator[Part]:
    """The values of an enumeration, each with its parts, or the parts of a record; nothing for other types."""
    if kind.members:
        rows = ([f"`{member}`", _fields(kind, member), _failing(kind, member)] for member in kind.members)
        yield table(["value", "its parts", "meaning"], rows)
    elif kind.fields:
        yield table(["part", "type"], ([f"`.{name}`", f"`{each}`"] for name, each in kind.fields))
    if kind.truthy:
        yield Prose("As a condition such a value is true or false.")


def _fields(kind: Type, member: str) -> str:
    return code(f".{name}: {each.present()}" for name, each in kind.fields if name in kind.fields_of(member))


def _failing(kind: Type, member: str) -> str:
    return "the call failed" if member in kind.failing else ""
