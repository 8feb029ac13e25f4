"""Which types the operators take, and what comes out: the tables that the checker decides by and the manual prints.

What is the same for every type stands in no table: two values of one type can be compared by `==`, and any value can be
looked for in a list of its type.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.types import Type

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What comparisons mean for two values that are known."""

ORDERED = (t.NUMBER, t.DURATION, t.SIZE, t.RATE, t.TIME)
"""Types whose values have an order: `<`, `<=`, `>` and `>=`."""

SIGNED = (t.NUMBER, t.DURATION)
"""Types whose values may have a `-` before them."""

MATCHED = (t.TEXT, t.DOMAIN)
"""Types in whose values `matches` looks for a pattern."""

SUMS: Mapping[tuple[Type, str, Type], Type] = {
    **{(kind, sign, kind): kind for kind in (t.NUMBER, t.DURATION, t.SIZE) for sign in "+-"},
    (t.TEXT, "+", t.TEXT): t.TEXT,
    (t.TIME, "-", t.TIME): t.DURATION,
    (t.TIME, "+", t.DURATION): t.TIME,
    (t.TIME, "-", t.DURATION): t.TIME,
}
"""What `+` and `-` make of two values."""


def sought_in(kind: Type) -> Type:
    """The entries among which `in` looks for a value of that type: for an address of the Internet they are networks."""
    return t.NETWORK if kind == t.IP else kind
