"""What `apply headers()` does beside other rules; its options are tested in the language, in its file."""

from __future__ import annotations

import pytest

from rules_in_the_lab import TO_US, passes


@pytest.mark.parametrize("rule", ["trusted = true", 'if ip in "203.0.113.0/24" relay = true'])
def test_clients_that_are_trusted_or_may_relay_need_no_header_but_a_message(rule: str) -> None:
    rules = f"on connect: {rule}\napply headers()"
    assert passes(rules, TO_US + 'data "Subject: x" -> accept')
    assert passes(rules, TO_US + 'data "" -> deny 550 5.6.0 "no message"')


def test_a_date_that_names_no_time_is_not_compared() -> None:
    assert passes("apply headers()", TO_US + 'data """\nFrom: a@example.net\nDate: yesterday\n""" -> accept')
