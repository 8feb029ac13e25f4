"""Q610: lookups refuse clients of a listener with AUTH before they can authenticate."""

from __future__ import annotations

import pytest

from checked_rules import linted

LISTENERS = """\
listener mx:
    bind = "127.0.0.1:2525"
listener submission:
    bind = "127.0.0.1:2587"
    auth = required
"""


def codes(rules: str) -> list[str]:
    return linted(LISTENERS + rules).codes


@pytest.mark.parametrize(
    "rules",
    [
        'on connect: if dnsbl("a.example") deny',
        'on connect: if dnsbl("a.example") defer and disconnect',
        'on connect unless trusted: if dnsbl("a.example") deny',
        'on helo at submission: if dnsbl("a.example") deny',
        "on helo: unless standing() == good deny",
        "on helo:\n    match standing():\n        case bad: deny\n        case good: pass",
    ],
)
def test_a_lookup_that_refuses_where_clients_authenticate_is_warned_of(rules):
    assert codes(rules) == ["Q610"]


@pytest.mark.parametrize(
    "rules",
    [
        'on connect at mx: if dnsbl("a.example") deny',
        'on connect: if listener == mx and dnsbl("a.example") deny',
        'on connect:\n    if listener == mx:\n        if dnsbl("a.example") deny',
        'on connect:\n    match listener:\n        case mx: if dnsbl("a.example") deny\n        case submission: pass',
        'on connect: if dnsbl("a.example") deny at rcpt',
        'on connect: if dnsbl("a.example") score += 2',
        'on mail: if dnsbl("a.example") deny',
        'on connect: if ip in ["192.0.2.0/24"] deny',
        "on connect: if earlytalker() deny",
        'shadow on connect: if dnsbl("a.example") deny',
    ],
)
def test_what_knows_the_client_or_refuses_nobody_is_none(rules):
    assert codes(rules) == []


def test_without_auth_nobody_is_meant():
    assert linted('on connect: if dnsbl("a.example") deny').codes == []
    assert linted('listener mx:\n    auth = off\non connect: if dnsbl("a.example") deny').codes == []


def test_what_a_policy_brings_is_told_at_its_apply_line():
    policy = 'policy listed():\n    on connect: if dnsbl("a.example") deny\n'
    assert codes(policy + "apply listed() at mx") == []
    (finding,) = linted(LISTENERS + policy + "apply listed() at mx\napply listed()").found
    assert (finding.code, finding.line) == ("Q610", 9)
    assert "`submission`" in finding.message
    assert "`at mx`" in finding.help
