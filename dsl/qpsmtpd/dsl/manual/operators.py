"""What the operators do with values of a type, from the tables that the checker decides by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qpsmtpd.dsl.manual.pages import Table, table
from qpsmtpd.dsl.manual.written import code
from qpsmtpd.dsl.model.operators import MATCHED, ORDERED, SIGNED, SUMS, sought_in
from qpsmtpd.dsl.model.types import BOOL, PATTERN, Type, list_of


@dataclass(frozen=True, slots=True)
class Use:
    """These operators take a value of the type in hand on their left and one of `other` on their right."""

    signs: tuple[str, ...]
    other: Type
    gives: Type


EQUAL = ("==", "!=")
ORDER = ("<", "<=", ">", ">=")
CONTAINED = ("in", "not in")
MATCHING = ("matches", "not matches")


def uses(kind: Type) -> Iterator[Use]:
    """What stands between a value of that type, which is there, and another."""
    yield Use(EQUAL, kind, BOOL)
    if kind in ORDERED:
        yield Use(ORDER, kind, BOOL)
    for element in dict.fromkeys((sought_in(kind), kind)):
        yield Use(CONTAINED, list_of(element), BOOL)
    if kind in MATCHED:
        yield Use(MATCHING, PATTERN, BOOL)
    results: dict[tuple[Type, Type], tuple[str, ...]] = {}
    for (left, sign, other), gives in SUMS.items():
        if left == kind:
            results[other, gives] = (*results.get((other, gives), ()), sign)
    for (other, gives), signs in results.items():
        yield Use(signs, other, gives)


def operators_of(kind: Type) -> Table:
    """The operators that take values of that type on their left."""
    rows = [[code(use.signs), f"`{use.other}`", f"`{use.gives}`"] for use in uses(kind)]
    if kind in SIGNED:
        rows.append(["`-` before it", "", f"`{kind}`"])
    return table(["operators", "right side", "gives"], rows)


def all_operators() -> Table:
    """Every operator, those that bind loosest first."""
    ordered = code(str(kind) for kind in ORDERED)
    rows = [
        ["`or`", "conditions", "whether one of them holds"],
        ["`and`", "conditions", "whether both hold"],
        ["`not`", "a condition", "whether it does not hold"],
        [code(EQUAL), "two values of one type", "whether they are equal; `x == none` asks whether `x` is absent"],
        [code(ORDER), ordered, "which of two is greater"],
        [code(CONTAINED), "a value and a list", "whether it is in the list; the cost does not grow with the list"],
        [code(MATCHING), f"{code(str(kind) for kind in MATCHED)} and a pattern", "whether the pattern is somewhere in the text"],
        ["`??`", "a value that may be absent, and one for then", "the first, or the second where the first is absent"],
        ["`+`", _summed("+"), "the sum; of texts, both in one"],
        ["`-`", _summed("-"), "the difference"],
        ["`-` before a value", code(str(kind) for kind in SIGNED), "the same below zero"],
        ["`a.b`", "a value with parts", "that part"],
        ['`m["k"]`', "a map, or `header`", "the element of that name; it may be absent"],
    ]
    return table(["operator", "takes", "gives"], rows)


def _summed(sign: str) -> str:
    """What `+` or `-` takes: two values of one type, or what is told apart."""
    alike = code(str(left) for (left, each, right), gives in SUMS.items() if each == sign and left == right == gives)
    others = (
        f"; `{left} {sign} {right}` is `{gives}`"
        for (left, each, right), gives in SUMS.items()
        if each == sign and not left == right == gives
    )
    return f"two values of one of {alike}{''.join(others)}"
