from __future__ import annotations

import pytest

from library_doubles import FieldList
from qpsmtpd.stdlib.message.has_headers import has_headers

HEADER = FieldList(
    ("From", "ann@example.net"), ("date", "Mon, 1 Jan 2024 00:00:00 +0000"), ("Subject", " \t"), ("To", ""), ("TO", "x")
)


@pytest.mark.parametrize(
    ("require", "complete"),
    [
        (["From", "Date"], True),
        (["FROM"], True),
        (["To"], True),
        ([], True),
        (["From", "Message-ID"], False),
        (["Subject"], False),
        (["From:"], False),
    ],
)
def test_every_field_that_is_required_must_be_there_and_say_something(require: list[str], complete: bool) -> None:
    assert has_headers(require, header=HEADER) is complete
