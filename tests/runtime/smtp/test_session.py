"""What rules read of a connection that its socket says in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from qpsmtpd.runtime.smtp.session import Helo, Session
from smtp_dialogue import DENY, Loopback, Records, Talk, lent


@pytest.mark.parametrize(
    ("peer", "ip"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_clients_address_is_unmapped_and_without_zone(peer, ip):
    session = Session(Loopback(), (peer, 4711), "mx", lent(Records(), Path("/nowhere")))
    assert (str(session.ip), session.port) == (ip, 4711)


@pytest.mark.parametrize(
    ("name", "domain", "literal"),
    [
        ("mx.example.org", "mx.example.org", None),
        ("[203.0.113.9]", None, "203.0.113.9"),
        ("[ipv6:2001:db8::1]", None, "2001:db8::1"),
        ("203.0.113.9", None, None),
        ("my computer", None, None),
    ],
)
def test_a_name_in_helo_is_a_domain_a_literal_or_neither(name, domain, literal):
    helo = Helo(name)
    assert (helo.domain, str(helo.literal) if helo.literal else None) == (domain, literal)


def test_the_name_in_helo_is_read_in_lower_case_and_empty_before():
    talk = Talk()
    assert talk.session.helo == ""
    talk.say(b"HELO MX.Example.ORG")
    assert (talk.session.helo, talk.session.esmtp) == ("mx.example.org", False)


def test_trust_set_at_helo_is_forgotten_at_the_next():
    def connect(s, t):
        s.karma += 1

    def helo(s, t):
        if s.helo == "friend.example":
            s.trusted = s.relay = True
            s.karma += 1

    talk = Talk(connect=connect, helo=helo)
    talk.say(b"HELO friend.example")
    assert (talk.session.trusted, talk.session.relay, talk.session.karma) == (True, True, 2)
    talk.say(b"HELO stranger.example")
    assert (talk.session.trusted, talk.session.relay, talk.session.karma) == (False, False, 2)


def test_a_variable_that_helo_has_set_is_forgotten_at_the_next_helo_and_others_stay():
    def connect(s, t):
        s.vars.connected += 1

    def helo(s, t):
        if s.helo != "plain":
            s.vars.named = s.helo

    def mail(s, t):
        s.vars.messages += 1

    first = {"connected": 0, "named": "", "messages": 0}
    talk = Talk(connection_vars=first, connect=connect, helo=helo, mail=mail)
    talk.say(b"EHLO one", b"MAIL FROM:<>", b"RSET", b"MAIL FROM:<>")
    assert vars(talk.session.vars) == {"connected": 1, "named": "one", "messages": 2}
    talk.say(b"EHLO plain")
    assert vars(talk.session.vars) == {"connected": 1, "named": "", "messages": 2}
    assert first == {"connected": 0, "named": "", "messages": 0}


def test_a_refused_helo_leaves_the_variables_as_they_were():
    def helo(s, t):
        s.vars.named = s.helo
        return DENY if s.helo == "bad" else None

    talk = Talk(connection_vars={"named": ""}, helo=helo)
    talk.say(b"EHLO one", b"EHLO bad")
    assert talk.session.vars.named == "one"
    talk.say(b"EHLO two")
    assert talk.session.vars.named == "two"


def test_variables_of_a_transaction_begin_anew_with_each():
    seen = []

    def mail(s, t):
        seen.append(t.vars.count)
        t.vars.count += 1

    talk = Talk(transaction_vars={"count": 5}, mail=mail)
    talk.say(b"EHLO x", b"MAIL FROM:<>", b"RSET", b"MAIL FROM:<>")
    assert seen == [5, 5]


def test_without_variables_none_are_made():
    talk = Talk()
    talk.say(b"EHLO x", b"MAIL FROM:<>")
    assert talk.session.vars is None and talk.session.transaction.vars is None


def test_names_of_scores_come_and_go_with_the_score():
    def named(amount, name):
        def hook(s, t):
            s.score = round(s.score + amount, 2)
            s.symbols = (*s.symbols, name)

        return hook

    talk = Talk(connect=named(1, "C"), helo=named(-1, "H"), mail=named(2, "M"))
    talk.say(b"EHLO x", b"MAIL FROM:<>")
    assert (talk.session.score, talk.session.symbols) == (2, ("C", "H", "M"))
    talk.say(b"RSET")
    assert (talk.session.score, talk.session.symbols) == (0, ("C", "H"))
    talk.say(b"EHLO y")
    assert talk.session.symbols == ("C", "H")


def test_before_anybody_authenticates_nobody_has():
    session = Talk().session
    assert (session.authenticated, session.vouched, session.user, session.tls) == (False, False, None, None)
    assert (session.mechanism, session.login, session.secret) == ("", "", "")
