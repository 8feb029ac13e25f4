"""What `apply earlytalker()` does beside other rules; its options are tested in the language, in its file."""

from __future__ import annotations

import pytest

from rules_in_the_lab import STRANGER, passes

_EARLY = "given earlytalker() = true\n"


@pytest.mark.parametrize("rule", ["trusted = true", 'if ip in "203.0.113.0/24" relay = true', "karma += 6"])
def test_clients_that_are_trusted_may_relay_or_have_karma_do_not_even_wait(rule: str) -> None:
    rules = f'on connect: {rule}\napply earlytalker(check_at = ["connect", "data"])'
    message = 'mail "a@example.net"\nrcpt "x@example.org"\ndata "Subject: x" -> accept'
    assert passes(rules, _EARLY + STRANGER + message)


def test_little_karma_spares_nobody() -> None:
    assert passes("on connect: karma += 5\napply earlytalker()", f"{_EARLY}client 203.0.113.9 -> deny 554\nexpect karma == 4")


def test_a_kept_refusal_is_dropped_for_those_who_have_authenticated() -> None:
    steps = 'client 203.0.113.9 -> accept\nehlo "x"\nauth "ann"\nmail "a@example.net"\nrcpt "x@elsewhere.example" -> accept'
    assert passes("apply earlytalker(reject = deny at rcpt)", _EARLY + steps)
