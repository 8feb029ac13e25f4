"""Q604: a listener that can reach no delivery."""

from __future__ import annotations

import pytest

from checked_rules import checked
from rules_in_dialogue import compiled

TWO = 'listener a:\n    bind = "127.0.0.1:2525"\nlistener b:\n    bind = "127.0.0.1:2526"\non rcpt: if recipient.local == "x" deny\n'


def lines(rules: str) -> list[int]:
    return [f.line for f in checked(TWO + rules, lints=True).found if f.code == "Q604"]


@pytest.mark.parametrize(
    ("rules", "without"),
    [
        ("", [1, 3]),
        ("on queue: defer", [1, 3]),
        ('on queue: if false maildir("x")', [1, 3]),
        ('on queue at a: maildir("x")', [3]),
        ('on queue: if listener == a maildir("x")', [3]),
        ('on queue: if listener != b and score < 3 maildir("x")', [3]),
        ('on queue: if listener in [a] maildir("x")', [3]),
        ('on queue: unless listener == a maildir("x")', [1]),
        ('on queue:\n    match listener:\n        case a: maildir("x")\n        case b: pass', [3]),
        ('on queue:\n    match listener:\n        case a: pass\n        else: maildir("x")', [1]),
        ('shadow on data_post: discard\non queue at a: maildir("x")', [3]),
        ('on queue: maildir("x")', []),
        ('on queue: if score < 3 maildir("x")', []),
        ('on queue:\n    if listener == a maildir("x")\n    else:\n        maildir("y")', []),
        ('on queue at a: maildir("x")\non data_post: discard', []),
        ("on data_post: quarantine", []),
    ],
)
def test_a_listener_whose_mail_nobody_takes_is_found(rules, without):
    assert lines(rules) == without


def test_a_delivery_that_only_others_reach_is_shown():
    (finding,) = [f for f in checked(TWO + 'on queue at a: maildir("x")', lints=True).found if f.code == "Q604"]
    assert [note.span.line for note in finding.notes] == [6]


def test_of_two_deliveries_the_second_is_dead_and_that_is_said():
    rules = 'on rcpt: unless rcpthosts(domain) deny\non queue:\n    maildir("x")\n    maildir("y")\n'
    found = [f for f in compiled(rules).findings.sorted() if f.severity == "error"]
    assert [(f.code, f.line) for f in found] == [("Q601", 4)]
