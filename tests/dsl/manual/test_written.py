"""Values as they stand in rules: what is printed can be read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.manual.written import written
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.syntax.literals import number


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (True, t.BOOL, "true"),
        (None, t.optional(t.TEXT), "none"),
        (300.0, t.DURATION, "5m"),
        (90.0, t.DURATION, "90s"),
        (0.25, t.DURATION, "250ms"),
        (604800.0, t.DURATION, "1w"),
        (25_000_000, t.SIZE, "25MB"),
        (256 * 1024, t.SIZE, "256KiB"),
        (500, t.SIZE, "500B"),
        (2.5, t.NUMBER, "2.5"),
        ("words", t.TEXT, '"words"'),
        (("From", "Date"), t.list_of(t.TEXT), '["From", "Date"]'),
        ((), t.list_of(t.TEXT), "[]"),
        ("off", t.enumeration("tls", ("off", "required")), "off"),
    ],
)
def test_a_value_is_written_as_in_a_rules_file(value, kind, text):
    assert written(value, kind) == text


@given(st.integers(1, 10**12))
def test_a_size_that_is_printed_is_read_as_the_same(octets):
    assert number(written(octets, t.SIZE)).value == octets


@given(st.integers(1, 10**9))
def test_a_duration_that_is_printed_is_read_as_the_same(milliseconds):
    assert number(written(milliseconds / 1000, t.DURATION)).value == pytest.approx(milliseconds / 1000)
