from __future__ import annotations

from library_doubles import FieldList, FixedClock
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.stdlib.message.remove_header import remove_header


def test_every_field_of_that_name_goes_whatever_its_case() -> None:
    header = FieldList(("X-A", "1"), ("Subject", "s"), ("x-a", "2"))
    remove_header("x-A", header=header)
    assert header.fields == [("Subject", "s")]


def test_a_folded_field_goes_whole_and_the_others_stay_as_they_were() -> None:
    header = Header(b"X-A: 1\r\n more\r\nSubject:  s \r\n\r\n", FixedClock())
    remove_header("X-A", header=header)
    assert header.octets() == b"Subject:  s \r\n\r\n"


def test_a_field_that_is_not_there_is_no_trouble() -> None:
    header = FieldList(("Subject", "s"))
    remove_header("X-A", header=header)
    assert header.fields == [("Subject", "s")]


def test_a_star_stands_for_the_rest_of_a_name() -> None:
    header = Header(b"X-Spam-Status: No\r\nx-spam-flag: NO\r\nX-Spam: ?\r\nSubject: s\r\n\r\n", FixedClock())
    remove_header("X-Spam-*", header=header)
    assert header.octets() == b"X-Spam: ?\r\nSubject: s\r\n\r\n"
