from __future__ import annotations

import email.policy
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library_doubles import FieldList, FixedClock
from qpsmtpd.dsl.model.values import Template
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.stdlib.message.add_header import add_header
from qpsmtpd.stdlib.message.field_names import name_fault


def test_the_field_comes_on_top_and_others_of_its_name_stay() -> None:
    header = FieldList(("X-A", "old"), ("Subject", "s"))
    add_header("X-A", Template("new"), header=header)
    assert header.fields == [("X-A", "new"), ("X-A", "old"), ("Subject", "s")]


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\r\n\r\nbody", "a\x00b", "a\x85X-Evil: 1", "a\u2028X-Evil: 1"]
)
def test_a_value_that_a_client_made_up_stays_one_field(value: str) -> None:
    header = FieldList()
    add_header("X-A", Template(value), header=header)
    ((name, text),) = header.fields
    assert name == "X-A"
    assert text.isprintable()


@given(st.text(max_size=2000))
def test_in_a_real_header_any_value_makes_exactly_one_field_of_lines_that_may_be_sent(value: str) -> None:
    header = Header(b"Subject: s\r\n\r\n", FixedClock())
    add_header("X-A", Template(value), header=header)
    octets = header.octets()
    lines = octets.split(b"\r\n")
    assert all(len(line) <= 998 and line.isascii() for line in lines)
    assert octets.replace(b"\r\n", b"").isascii()
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert message_from_bytes(octets, policy=email.policy.compat32).keys() == ["X-A", "Subject"]
    assert lines[-3:] == [b"Subject: s", b"", b""]


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60))
def test_words_of_any_language_come_back_as_they_were(value: str) -> None:
    header = Header(b"\r\n", FixedClock())
    add_header("X-A", Template(value), header=header)
    field = message_from_bytes(header.octets(), policy=email.policy.default)["X-A"]
    assert value.startswith("=?") or str(field) == value


@pytest.mark.parametrize("name", ["X-Spam-Score", "a", "X_1", "!"])
def test_printable_ascii_is_a_field_name(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("", "is not a"),
        ("X-A:", '"X-A"'),
        ("X A", "blanks"),
        ("X-Ä", "ASCII"),
        ("a:b", "colons"),
        ("x" * 71, "70"),
        ("X\n", "blanks"),
    ],
)
def test_what_is_no_field_name_is_refused_with_a_sentence(name: str, meant: str) -> None:
    assert meant in name_fault(name)
