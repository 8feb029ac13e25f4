"""Verdicts decided now and said later: which one is kept, how long, who hears it, and who does not."""

from __future__ import annotations

import pytest

from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DEFER, DENY, Talk, ours

_HEAD = (b"EHLO x", b"MAIL FROM:<a@example.net>")
_RCPT = b"RCPT TO:<b@example.org>"
_OTHER = verdict(Verb.DENY, "rules.q:9", 550, "5.7.1", "Other")


def _rcpt(s, t):
    """`enforce`, then `unless rcpthosts(domain) deny`."""
    return s.enforced("rcpt") or ours(s, t)


def _keeping(*verdicts, at="rcpt"):
    def hook(s, t):
        for each in verdicts:
            s.keep_for(at, each)

    return hook


@pytest.mark.parametrize("hook", ["pre_connection", "connect", "helo", "mail"])
def test_a_verdict_that_is_kept_is_said_to_every_recipient(hook):
    talk = Talk(**{hook: _keeping(DENY)}, rcpt=_rcpt)
    assert talk.say(*_HEAD, _RCPT, _RCPT) == ["250", "250 2.1.0", "550 5.7.1", "550 5.7.1"]
    assert talk.session.pending
    assert [(r["hook"], r["at"], r["rule"]) for r in talk.journal.named("pending")] == [(hook, "rcpt", "rules.q:1")]
    assert [r["rule"] for r in talk.journal.named("refused")] == ["rules.q:1"] * 2


def test_the_first_one_kept_wins():
    talk = Talk(connect=_keeping(DENY), helo=_keeping(DEFER, _OTHER), rcpt=_rcpt)
    assert talk.say(*_HEAD, _RCPT)[2] == "550 5.7.1"
    assert [(r["rule"], r["first"]) for r in talk.journal.named("pending-ignored")] == [
        ("rules.q:2", "rules.q:1"),
        ("rules.q:9", "rules.q:1"),
    ]


def test_one_kept_for_another_hook_is_not_said():
    talk = Talk(connect=_keeping(DENY, at="data"), rcpt=_rcpt, data=lambda s, t: s.enforced("data"))
    assert talk.say(*_HEAD, _RCPT, b"DATA") == ["250", "250 2.1.0", "250 2.1.5", "550 5.7.1"]


@pytest.mark.parametrize("reason", ["relay", "trusted", "authenticated"])
def test_who_turns_out_to_be_better_known_hears_nothing_of_it(reason):
    def mail(s, t):
        assert s.pending
        setattr(s, reason, True)

    talk = Talk(connect=_keeping(DENY), mail=mail, rcpt=_rcpt)
    assert talk.say(*_HEAD, _RCPT, _RCPT)[2:] == ["250 2.1.5", "250 2.1.5"]
    assert not talk.session.pending
    assert [(r["rule"], r["because"]) for r in talk.journal.named("pending-dropped")] == [("rules.q:1", reason)]


def test_one_set_in_a_message_is_gone_with_it():
    talk = Talk(mail=lambda s, t: s.keep_for("rcpt", DENY) if t.sender.local == "a" else None, rcpt=_rcpt)
    assert talk.say(*_HEAD, _RCPT, b"RSET", b"MAIL FROM:<b@example.net>", _RCPT)[2:] == [
        "550 5.7.1",
        "250 2.0.0",
        "250 2.1.0",
        "250 2.1.5",
    ]


def test_one_set_before_any_message_stays_for_all():
    talk = Talk(connect=_keeping(DENY), rcpt=_rcpt)
    said = talk.say(*_HEAD, _RCPT, b"RSET", b"MAIL FROM:<b@example.net>", _RCPT, b"EHLO y", *_HEAD[1:], _RCPT)
    assert [code for code in said if code.startswith("550")] == ["550 5.7.1"] * 3


def test_one_set_at_helo_is_forgotten_at_the_next_one():
    talk = Talk(helo=lambda s, t: s.keep_for("rcpt", DENY) if s.helo == "bad" else None, rcpt=_rcpt)
    assert talk.say(b"EHLO bad", _HEAD[1], _RCPT)[2] == "550 5.7.1"
    assert talk.say(b"EHLO good", _HEAD[1], _RCPT)[2] == "250 2.1.5"


def test_with_disconnect_the_connection_is_closed_where_it_is_said():
    bye = verdict(Verb.DENY, "r", 550, "5.7.1", "Go away", disconnect=True)
    talk = Talk(connect=_keeping(bye), rcpt=_rcpt)
    assert talk.say(*_HEAD, _RCPT)[2] == "550 5.7.1" and talk.closed
