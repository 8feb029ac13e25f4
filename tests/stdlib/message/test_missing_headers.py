from __future__ import annotations

import pytest

from library_doubles import FieldList
from qpsmtpd.stdlib.message.missing_headers import missing_headers

HEADER = FieldList(("From", "ann@example.net"), ("Subject", " \t"), ("To", ""), ("TO", "x"))


@pytest.mark.parametrize(
    ("require", "missing"),
    [([], []), (["FROM", "to"], []), (["Date", "From", "Subject"], ["Date", "Subject"]), (["From:"], ["From:"])],
)
def test_fields_that_are_not_there_or_say_nothing_are_named_as_they_were_asked_for(require, missing) -> None:
    assert missing_headers(require, header=HEADER) == missing
