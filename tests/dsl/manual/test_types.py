"""What the manual says of types and operators is what the checker does."""

from __future__ import annotations

import itertools

import pytest

from checked_rules import LIBRARY, checked
from qpsmtpd.dsl.manual import as_markdown
from qpsmtpd.dsl.manual.operators import all_operators, operators_of, uses
from qpsmtpd.dsl.manual.types import SPELLINGS, types
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.operators import SIGNED
from qpsmtpd.dsl.model.types import SCALARS, list_of

_VALUES = {
    "bool": "relay",
    "number": "score",
    "text": "word",
    "duration": "(now - now)",
    "size": "message.size",
    "rate": "every",
    "time": "now",
    "ip": "ip",
    "network": "net",
    "domain": "name",
    "address": "sender",
    "pattern": "pat",
}
"""A value of each type; of those that nothing is by itself, a constant."""
_CONSTANTS = """\
let every = 10/m
let net: network = "192.0.2.0/24"
let name: domain = "example.org"
let pat = /a/
let word = "a"
"""
_LISTS = {f"list[{name}]": f"all_{name}" for name in SCALARS if name != "time"}
_SIGNS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "matches", "not matches", "+", "-")


def _constants() -> str:
    written = {name: spelling.written[0] for name, spelling in SPELLINGS.items() if name in SCALARS and spelling.written}
    return _CONSTANTS + "".join(f"let all_{name}: list[{name}] = [{value}]\n" for name, value in written.items())


def _taken(combinations: list[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Those that the checker accepts, each a line of one rules file."""
    head = f"{_constants()}on data_post:\n"
    lines = [f"    let x{i} = {left} {sign} {right}\n" for i, (left, sign, right) in enumerate(combinations)]
    faulty = {finding.line for finding in checked(head + "".join(lines)).found if finding.severity == "error"}
    first = head.count("\n") + 1
    return {combination for i, combination in enumerate(combinations) if first + i not in faulty}


def test_every_type_that_rules_can_name_has_a_page():
    assert SPELLINGS.keys() == {*SCALARS, "list[T]", "map[T]", "T?"}


@pytest.mark.parametrize(("kind", "written"), [(name, each) for name, spelling in SPELLINGS.items() for each in spelling.written])
def test_each_way_to_write_a_value_is_one(kind, written):
    declared = kind.replace("T", "text")
    outcome = checked(f"let x: {declared} = {written}\non connect: let y = x\n")
    assert [finding.message for finding in outcome.found if finding.severity == "error"] == []


@pytest.mark.parametrize("kind", SCALARS.values(), ids=str)
def test_the_operators_of_a_type_are_those_that_the_checker_takes(kind):
    values = {**_VALUES, **_LISTS}
    told = {(sign, str(use.other)) for use in uses(kind) for sign in use.signs if str(use.other) in values}
    left = _VALUES[str(kind)]
    every = [(left, sign, value) for sign, value in itertools.product(_SIGNS, values.values())]
    names = {value: name for name, value in values.items()}
    assert {(sign, names[right]) for _, sign, right in _taken(every)} == told


@pytest.mark.parametrize("kind", [each for each in SCALARS.values() if each != t.BOOL], ids=str)
def test_a_minus_may_stand_before_the_types_of_the_table_and_no_other(kind):
    outcome = checked(f"{_constants()}on data_post:\n    let x = -{_VALUES[str(kind)]}\n")
    assert ("Q401" in outcome.codes or "Q403" in outcome.codes) == (kind not in SIGNED)


def test_an_address_of_the_internet_is_looked_for_in_networks():
    assert list_of(t.NETWORK) in [use.other for use in uses(t.IP)]
    assert ("`in`, `not in`", "`list[network]`", "`bool`") in operators_of(t.IP).rows


def test_the_table_of_operators_has_each_of_them():
    told = " ".join(row[0] for row in all_operators().rows)
    assert all(f"`{sign}`" in told for sign in (*_SIGNS, "or", "and", "not", "??"))


def test_records_and_enumerations_of_names_and_functions_have_pages():
    pages = {page.name: as_markdown.page(page) for page in types(LIBRARY).pages}
    assert "| `.reason` | `text` |" in pages["listing"] and "true or false" in pages["listing"]
    assert "| `good` |" in pages["standing"] and "The type of `standing()`." in pages["standing"]
    assert "| `.size` | `size` |" in pages["message"]
