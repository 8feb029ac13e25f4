from __future__ import annotations

from library_doubles import FieldList, FixedClock
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.stdlib.message.add_headers import add_headers


def test_the_fields_come_on_top_in_their_order_and_others_of_their_names_stay() -> None:
    header = FieldList(("X-A", "old"), ("Subject", "s"))
    add_headers({"X-A": "1", "X-B": "2"}, header=header)
    assert header.fields == [("X-A", "1"), ("X-B", "2"), ("X-A", "old"), ("Subject", "s")]


def test_a_value_stays_one_field() -> None:
    header = Header(b"Subject: s\r\n\r\n", FixedClock())
    add_headers({"X-A": "1\r\nX-Evil: 2"}, header=header)
    assert header.octets() == b"X-A: 1 X-Evil: 2\r\nSubject: s\r\n\r\n"


def test_a_name_that_no_field_can_have_is_left_out() -> None:
    header = Header(b"Subject: s\r\n\r\n", FixedClock())
    add_headers({"X-A": "1", "X B": "2", "": "3", "X-C\r\nX-D": "4", "x" * 71: "5"}, header=header)
    assert header.names() == ["X-A", "Subject"]
