"""What rules read of a connection that its socket says in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from qpsmtpd.runtime.smtp.session import Helo, Session
from smtp_dialogue import Loopback, Records, Talk, lent


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
