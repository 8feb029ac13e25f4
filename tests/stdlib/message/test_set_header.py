from __future__ import annotations

from library_doubles import FieldList, FixedClock
from qpsmtpd.dsl.model.values import Template
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.stdlib.message.set_header import set_header


def test_what_the_client_has_sent_under_that_name_is_gone() -> None:
    header = FieldList(("x-spam-score", "-100"), ("Subject", "s"), ("X-Spam-Score", "0"))
    set_header("X-Spam-Score", Template("7.5 BL"), header=header)
    assert header.fields == [("X-Spam-Score", "7.5 BL"), ("Subject", "s")]


def test_a_value_stays_one_field() -> None:
    header = Header(b"X-A: old\r\nSubject: s\r\n\r\n", FixedClock())
    set_header("X-A", Template("1\r\nX-Evil: 2"), header=header)
    assert header.octets() == b"X-A: 1 X-Evil: 2\r\nSubject: s\r\n\r\n"
