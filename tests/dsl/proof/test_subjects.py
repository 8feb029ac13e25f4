"""Regions: each has a value in it, and each value is in one of them; so what holds in every region holds always."""

from __future__ import annotations

import itertools
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import DomainSet, NetworkSet
from qpsmtpd.dsl.proof.ranges import EVERYBODY, FAMILIES, Range, divided_by, hold_everybody
from qpsmtpd.dsl.proof.subjects import ABSENT, PRESENT, UNKNOWN, UNKNOWN_VALUE, Ask, Form, Subject, divide


def holds(ask: Ask, value: Any) -> bool:
    """What the question means."""
    word, other = ask
    if value is ABSENT or value is UNKNOWN_VALUE:
        return word == "unknown" and value is UNKNOWN_VALUE
    meaning = {
        "unknown": lambda: False,
        "present": lambda: True,
        "is": lambda: value == other,
        "below": lambda: value < other,
        "upto": lambda: value <= other,
        "in": lambda: value in other,
    }
    return meaning[word]()


def check(subject: Subject, asked: list[Ask], values: list[Any], stranger: Any) -> None:
    """The regions have examples that fit; each of the values is in one of them. `stranger` stands for the example None."""
    division = divide(subject, asked)
    signatures = set()
    for place, example in enumerate(division.examples):
        value = example.example if isinstance(example, Range) else stranger if example is None else example
        signature = tuple(bool(division.masks[ask] >> place & 1) for ask in asked)
        assert signature == tuple(holds(ask, value) for ask in asked), (example, asked)
        signatures.add(signature)
    for value in values:
        assert tuple(holds(ask, value) for ask in asked) in signatures, (value, asked)


numbers = st.integers(-3, 12) | st.floats(-3, 12).map(lambda v: round(v, 2))


@given(
    st.lists(st.tuples(st.sampled_from(["is", "below", "upto"]), numbers), max_size=6, unique=True),
    st.lists(numbers, max_size=12),
    st.none() | st.tuples(numbers, numbers),
)
def test_numbers_are_divided_by_what_they_are_compared_with(asked, values, bounds):
    low, high = sorted(bounds) if bounds else (float("-inf"), float("inf"))
    inside = [value for value in values if low <= value <= high]
    check(Subject("x", Form.ORDERED, low=low, high=high), asked, inside, None)


labels = st.sampled_from(["a", "b", "c", "org", "host"])
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
entries = st.lists(st.tuples(st.sampled_from(["", "."]), names).map("".join), min_size=1, max_size=4)


@given(st.lists(entries.map(DomainSet), max_size=4), st.lists(names, max_size=4, unique=True), st.lists(names, max_size=12))
def test_domains_are_divided_by_the_lists_they_are_looked_for_in(lists, single, values):
    asked: list[Ask] = [*(("in", each) for each in lists), *(("is", each) for each in single), PRESENT]
    check(Subject("x", Form.DOMAIN), asked, [*values, ABSENT], "nobody-knows.invalid")


networks = st.tuples(st.integers(0, 2**32 - 1) | st.integers(0, 300), st.integers(0, 32)).map(
    lambda made: ip_network(made, strict=False)
) | st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 128)).map(
    lambda made: ip_network((made[0] | 1 << 127, made[1]), strict=False)
)
ips = (
    st.integers(0, 300).map(ip_address)
    | st.integers(0, 2**32 - 1).map(ip_address)
    | st.integers(2**127, 2**128 - 1).map(ip_address)
)


@given(
    st.lists(st.lists(networks, min_size=1, max_size=4).map(NetworkSet), max_size=4),
    st.lists(ips, max_size=3),
    st.lists(ips, max_size=12),
)
def test_addresses_are_divided_by_the_lists_they_are_looked_for_in(lists, single, values):
    asked: list[Ask] = [*(("in", each) for each in lists), *(("is", each) for each in dict.fromkeys(single))]
    check(Subject("x", Form.NETWORK), asked, values, None)


@given(st.lists(st.frozensets(st.sampled_from("abcd"), min_size=1), max_size=3), st.lists(st.sampled_from("abcde"), max_size=5))
def test_texts_are_divided_by_the_words_that_are_written(lists, values):
    check(
        Subject("x", Form.PLAIN),
        [*(("in", each) for each in dict.fromkeys(lists)), ("is", "a"), UNKNOWN],
        [*values, UNKNOWN_VALUE],
        "z",
    )


def test_the_values_of_an_enumeration_are_its_regions():
    asked: list[Ask] = [("is", "pass"), ("in", frozenset({"fail", "none"})), UNKNOWN]
    check(Subject("x", Form.MEMBERS, ("pass", "fail", "none")), asked, ["pass", "fail", "none", UNKNOWN_VALUE], None)


def ranges(*texts: str) -> list[Range]:
    return [Range.of(ip_network(text)) for text in texts]


def test_ranges_that_together_hold_every_address_are_everybody():
    assert hold_everybody(ranges("0.0.0.0/1", "128.0.0.0/1"))
    assert hold_everybody(ranges("128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/1"))
    assert hold_everybody(ranges("2000::/4", "3000::/4"))
    assert hold_everybody([EVERYBODY[0]])
    assert not hold_everybody(ranges("fc00::/7", "2000::/4", "8000::/1"))
    assert not hold_everybody(ranges("0.0.0.0/1", "64.0.0.0/2", "128.0.0.0/2"))
    assert not hold_everybody([])


@given(st.lists(networks, max_size=8))
def test_networks_cut_all_addresses_into_pieces_without_gaps(blocks):
    owned = [(Range.of(network), number) for number, network in enumerate(blocks)]
    for version, last in FAMILIES.items():
        pieces = [piece for piece, _ in divided_by(version, owned)]
        assert (pieces[0].first, pieces[-1].last) == (0, last)
        assert all(one.last + 1 == other.first for one, other in itertools.pairwise(pieces))
