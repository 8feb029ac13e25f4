from __future__ import annotations

import pytest

from library_doubles import FieldList
from qpsmtpd.stdlib.message.repeated_headers import repeated_headers

HEADER = FieldList(("From", "a@example.net"), ("Received", "x"), ("FROM", ""), ("Received", "y"), ("Received", "z"), ("To", "b"))


@pytest.mark.parametrize(
    ("singular", "repeated"),
    [([], []), (["To", "Date"], []), (["from", "To", "Received"], ["from", "Received"])],
)
def test_fields_that_are_there_twice_are_named_as_they_were_asked_for(singular, repeated) -> None:
    assert repeated_headers(singular, header=HEADER) == repeated
