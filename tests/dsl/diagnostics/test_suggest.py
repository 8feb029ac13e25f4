"""Did you mean: which slips are forgiven, which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.diagnostics.suggest import did_you_mean, distance, suggestion

FUNCTIONS = ["rcpthosts", "networks", "domains", "dnsbl", "earlytalker", "maildir", "relay", "rcpt", "on", "use"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rcpthost", "rcpthosts"),
        ("rcpthsots", "rcpthosts"),
        ("recpthosts", "rcpthosts"),
        ("RcptHosts", "rcpthosts"),
        ("recpt", "rcpt"),
        ("rctp", "rcpt"),
        ("dnslb", "dnsbl"),
        ("erlytalker", "earlytalker"),
        ("no", "on"),
    ],
)
def test_a_slip_of_the_fingers_is_recognised(typed: str, meant: str) -> None:
    assert did_you_mean(typed, FUNCTIONS) == meant


@pytest.mark.parametrize("typed", ["spf", "x", "", "greylisting", "quarantine"])
def test_a_word_that_resembles_nothing_gets_no_suggestion(typed: str) -> None:
    assert did_you_mean(typed, FUNCTIONS) is None
    assert suggestion(typed, FUNCTIONS) == ""


def test_a_known_word_is_not_corrected() -> None:
    assert did_you_mean("relay", FUNCTIONS) is None


def test_equally_near_words_are_taken_in_alphabetical_order() -> None:
    assert did_you_mean("bane", ["bank", "band"]) == "band"
    assert did_you_mean("bane", ["band", "bank"]) == "band"


def test_the_suggestion_is_a_question() -> None:
    assert suggestion("dnslb", FUNCTIONS) == "did you mean `dnsbl`?"


def test_swapped_neighbours_are_one_slip() -> None:
    assert distance("ab", "ba") == 1
    assert distance("kitten", "sitting") == 3
    assert distance("", "abc") == 3


@given(st.text(max_size=12), st.text(max_size=12))
def test_distance_is_symmetric_and_zero_only_for_equal_words(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
