"""Q603 and Q611: nothing checks whether a recipient exists."""

from __future__ import annotations

import pytest

from checked_rules import checked

GATE = "on rcpt: unless rcpthosts(domain) deny\n"
USERS = 'on rcpt: unless recipient in ["jo@example.org"] deny 5.1.1 "No such user"\n'
FORWARD, KEEP = "on queue: next_server()\n", 'on queue: maildir("x")\n'


def codes(rules: str) -> list[str]:
    return checked(rules, lints=True).codes


def test_mail_that_is_handed_on_unchecked_is_a_warning_and_mail_that_stays_a_note():
    assert codes(GATE + FORWARD) == ["Q611"]
    assert codes(GATE + KEEP) == ["Q603"]


@pytest.mark.parametrize("delivery", [FORWARD, KEEP])
def test_where_the_recipient_is_looked_at_nothing_is_said(delivery):
    assert codes(GATE + USERS + delivery) == []


def test_a_shadowed_check_refuses_nobody():
    assert codes(GATE + "shadow " + USERS + FORWARD) == ["Q611"]


def test_who_has_to_authenticate_gets_the_bounces_himself():
    assert codes('listener submission:\n    bind = "127.0.0.1:2587"\n    auth = required\n' + GATE + FORWARD) == []


def test_each_listener_is_looked_at_for_itself():
    two = 'listener a:\n    bind = "127.0.0.1:2525"\nlistener b:\n    bind = "127.0.0.1:2526"\n'
    outcome = checked(
        two + GATE + USERS.replace("rcpt:", "rcpt at a:") + KEEP.replace("queue", "queue at a") + FORWARD, lints=True
    )
    assert [(f.code, f.line) for f in outcome.found if f.code != "Q601"] == [("Q611", 3)]


def test_a_delivery_of_another_listener_forwards_nothing_here():
    two = 'listener a:\n    bind = "127.0.0.1:2525"\nlistener b:\n    bind = "127.0.0.1:2526"\n'
    queue = 'on queue:\n    if listener == a maildir("x")\n    if listener == b next_server()\n'
    assert codes(two + GATE + queue) == ["Q603", "Q611"]
