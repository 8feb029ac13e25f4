"""Nobody logs in whose password nothing has verified, and where AUTH is offered somebody can."""

from __future__ import annotations

import pytest

from proved_rules import GATE, codes, only

SUBMISSION = 'listener sub:\n    bind = "127.0.0.1:5870"\n    auth = required\n'


@pytest.mark.parametrize(
    "rules",
    [
        "on auth: if users() accept\n",
        "on auth:\n    unless users() deny\n    accept\n",
        'on auth:\n    let good = users()\n    if login == "x" deny\n    if good accept\n',
        'on auth: if users() and mechanism == "PLAIN" accept\n',
        "on auth:\n    if users() accept\n    unknown defer\n",
    ],
)
def test_a_verifier_that_said_yes_lets_in(rules: str) -> None:
    assert codes(SUBMISSION + rules) == []


@pytest.mark.parametrize(
    "rules",
    [
        "on auth: accept\n",
        "on auth: unless users() accept\n",
        'on auth: if users() or login == "root" accept\n',
        'on auth:\n    if users() log("x")\n    accept\n',
        "on auth:\n    if users() accept\n    unknown accept\n",
        "shadow on auth: unless users() deny\non auth: accept\n",
        'on auth: if ip in "192.0.2.0/24" accept\n',
    ],
)
def test_nothing_else_lets_in(rules: str) -> None:
    assert codes(SUBMISSION + rules) == ["Q510"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("", "asks a verifier"),
        ("on auth: deny\n", "asks a verifier"),
        ("on auth: if users() deny\n", "accepts anybody"),
        ("on auth:\n    deny\n    if users() accept\n", "accepts anybody"),
        ("shadow on auth: if users() accept\n", "asks a verifier"),
    ],
)
def test_a_listener_on_which_nobody_can_log_in_is_told(rules: str, words: str) -> None:
    finding = only(SUBMISSION + rules)
    assert finding.code == "Q511"
    assert words in finding.message
    assert "`users`" in finding.allowed


def test_a_listener_without_auth_needs_no_verifier() -> None:
    assert codes('listener mx:\n    bind = "127.0.0.1:1"\n' + GATE) == []
