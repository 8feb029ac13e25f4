from __future__ import annotations

from library_doubles import FieldList, FixedClock
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.stdlib.message.rename_header import rename_header


def test_every_field_of_that_name_gets_the_other_one_whatever_its_case() -> None:
    header = FieldList(("x-a", "1"), ("Subject", "s"), ("X-A", "2"))
    rename_header("X-A", to="X-B", header=header)
    assert header.fields == [("X-B", "1"), ("X-B", "2"), ("Subject", "s")]


def test_a_star_stands_for_the_rest_of_a_name_on_both_sides() -> None:
    header = FieldList(("X-Spam-Status", "No"), ("Subject", "s"), ("x-spam-FLAG", "NO"), ("X-Spam", "?"))
    rename_header("X-Spam-*", to="X-Old-Spam-*", header=header)
    assert header.fields == [("X-Old-Spam-Status", "No"), ("X-Old-Spam-FLAG", "NO"), ("Subject", "s"), ("X-Spam", "?")]


def test_many_names_can_become_one() -> None:
    header = FieldList(("X-Spam-Status", "No"), ("X-Spam-Flag", "NO"))
    rename_header("X-Spam-*", to="X-Old", header=header)
    assert header.fields == [("X-Old", "No"), ("X-Old", "NO")]


def test_a_new_name_that_begins_like_the_old_one_is_no_trouble() -> None:
    header = FieldList(("X-A", "1"), ("X-Old-A", "2"))
    rename_header("X-*", to="X-Old-*", header=header)
    assert header.fields == [("X-Old-A", "1"), ("X-Old-Old-A", "2")]


def test_a_field_whose_name_would_be_too_long_goes() -> None:
    header = Header(b"X-Spam-" + b"x" * 63 + b": 1\r\nX-Spam-" + b"y" * 500 + b": 2\r\nX-Spam-A: 3\r\n\r\n", FixedClock())
    rename_header("X-Spam-*", to="X-Old-Spam-*", header=header)
    assert header.octets() == b"X-Old-Spam-A: 3\r\n\r\n"


def test_a_folded_field_of_strange_octets_stays_one_field_and_the_others_stay_as_they_were() -> None:
    header = Header(b"x-spam-status : no\r\n\tscore=\xff\x00\r\nSubject:  s \r\n\r\n", FixedClock())
    rename_header("X-Spam-*", to="X-Old-Spam-*", header=header)
    assert header.names() == ["X-Old-Spam-status", "Subject"]
    assert header.octets().endswith(b"\r\nSubject:  s \r\n\r\n")
