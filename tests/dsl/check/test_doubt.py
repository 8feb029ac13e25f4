"""Hooks whose rules were not all understood: what may be missing in them is not held against them."""

from __future__ import annotations

import pytest

from checked_rules import checked

_ONE = [
    ("on rcpt: unless rcpthost(domain) deny", {"rcpt"}),
    ("on recpt: unless rcpthosts(domain) deny", {"rcpt"}),
    ("on rcpt at mxx: unless rcpthosts(domain) deny", {"rcpt"}),
    ('let own = ["10.0.0.1/8"]\nlet nets: list[network] = own\non connect: if ip in nets relay = true', {"connect"}),
    ("on rcpt:\n    score += 1\n    unless rcpthosts(domain deny", {"rcpt"}),
    ("on mail, rcpt: if sendr == <> deny", {"mail", "rcpt"}),
    ("on mail: if sender == <> deny", set()),
    ("server:\n    max_sise = 3", set()),
]


@pytest.mark.parametrize(("text", "hooks"), _ONE)
def test_a_hook_with_an_error_is_in_doubt(text, hooks):
    outcome = checked(text)
    assert outcome.rules.listeners[0].in_doubt == hooks, outcome.told


def test_a_file_that_is_missing_puts_every_hook_in_doubt():
    assert {"rcpt", "queue"} <= checked('use "b.q"').rules.listeners[0].in_doubt


def test_rules_in_doubt_always_have_an_error():
    for text, hooks in _ONE:
        assert bool(hooks) <= bool(checked(text).found)
