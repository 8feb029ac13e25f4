"""`require`: no path from MAIL on leads around the function."""

from __future__ import annotations

import pytest

from proved_rules import GATE, codes, only

SCAN = "require scan before queue\n"
MATCH = "    match scan():\n        case infected: deny\n        case clean, error: pass\n"


@pytest.mark.parametrize(
    "rules",
    [
        "on data_post:\n" + MATCH,
        "on data_post:\n    if message.size > 1MB deny\n" + MATCH,
        "on data_post:\n    if message.size > 1MB defer\n    let found = scan()\n    if esmtp accept\n",
        "on data_post:\n    if esmtp discard\n" + MATCH,
        "on data_post:\n    if esmtp quarantine\n" + MATCH,
        "on data_post:\n    if esmtp:\n        let a = scan()\n    else:\n        let b = scan()\n",
        "on data_post: if esmtp skip\non data_post:\n" + MATCH,
        # two hooks that together leave nobody out
        "on data_post:\n    if esmtp:\n        let a = scan()\non queue_pre:\n    unless esmtp:\n        let b = scan()\n",
        (
            "var seen: bool = false per transaction\non data_post:\n    seen = true\n    if relay:\n        seen = false\n        accept\n    let a = scan()\n"
            "on queue_pre:\n    unless seen:\n        let b = scan()\n"
        ),
    ],
)
def test_what_every_path_asks_is_proved(rules: str) -> None:
    assert codes(SCAN + GATE + rules) == []


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "on data_post:\n    if sender == <> accept\n" + MATCH,
        "on data_post:\n    if sender == <> skip\n" + MATCH,
        "on data_post:\n    if esmtp:\n        let a = scan()\n",
        "on data_post if not trusted:\n" + MATCH,
        "shadow on data_post:\n" + MATCH,
        'on data_post: if relay and scan() == clean log("x")\n',
        "on data_post:\n    if esmtp:\n        let a = scan()\non queue_pre:\n    if esmtp:\n        let b = scan()\n",
        "on queue_post:\n    let a = scan()\n",
    ],
)
def test_a_path_around_it_is_told(rules: str) -> None:
    assert codes(SCAN + GATE + rules) == ["Q520"]


def test_an_answer_that_does_not_come_is_none() -> None:
    rules = "require dnsbl before data\n" + GATE
    assert codes(rules + 'on mail: if dnsbl("a.b") deny\n') == ["Q520"]
    assert codes(rules + 'on mail: if dnsbl("a.b") deny unknown defer\n') == []
    assert codes(rules + 'on mail: if dnsbl("a.b", on_error = defer) deny\n') == []
    assert codes(rules + 'on connect: if dnsbl("a.b", on_error = defer) deny\n') == ["Q520"]


def test_mail_for_which_it_is_not_required_may_avoid_it() -> None:
    rules = "require scan before queue unless trusted\n" + GATE
    assert codes(rules + "on data_post if not trusted:\n" + MATCH) == []
    assert codes(rules + "on data_post if esmtp:\n" + MATCH) == ["Q520"]
    assert codes(rules + "on data_post if not trusted:\n" + MATCH + "on data_post: trusted = true\n") == []
    assert codes(rules + "on data_post if not trusted:\n" + MATCH + "on data_post: trusted = false\n") == ["Q520"]


def test_what_other_recipients_have_set_is_anything() -> None:
    rules = "var seen: bool = false per transaction\nrequire dnsbl before data\non rcpt:\n    unless rcpthosts(domain) deny\n"
    once = rules + '    unless seen:\n        if dnsbl("a.b", on_error = defer) deny\n    seen = true\n'
    assert codes(once) == ["Q520"]


def test_it_holds_where_it_is_asked_for() -> None:
    listeners = 'listener a:\n    bind = "127.0.0.1:1"\nlistener b:\n    bind = "127.0.0.1:2"\n'
    rules = listeners + GATE + "on data_post at a:\n" + MATCH
    assert codes(rules + "require scan before queue at a\n") == []
    assert codes(rules + "require scan before queue\n") == ["Q520"]


def test_the_path_is_shown_with_what_lets_the_message_pass() -> None:
    finding = only(SCAN + GATE + "on data_post:\n    if sender == <> accept\n" + MATCH)
    assert [note.text for note in finding.notes] == [
        "this is true",
        "this is true",
        "this ends `data_post`, and the message goes on",
    ]
    assert finding.span.line == 1
    assert "no rule from `mail` on asks `scan`" in only(SCAN + GATE).why
