from __future__ import annotations

import pytest

from library_doubles import KnownClient, OurSite
from qpsmtpd.dsl.model.functions import Kind, OnError
from qpsmtpd.dsl.model.types import DOMAIN
from qpsmtpd.dsl.model.values import Domain, DomainSet
from qpsmtpd.stdlib import catalogue
from qpsmtpd.stdlib.recipient.rcpthosts import rcpthosts

OURS = DomainSet(["example.org", ".example.com"])


def asked(domain: str, *, relay: bool = False) -> bool:
    return rcpthosts(Domain(domain), OURS, client=KnownClient(relay=relay), site=OurSite())


@pytest.mark.parametrize("domain", ["example.org", "EXAMPLE.org", "a.example.com", "a.b.example.com", "mx.example.org"])
def test_a_listed_domain_one_below_a_dotted_entry_and_our_own_name_are_ours(domain: str) -> None:
    assert asked(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "example.net",
        "example.com",
        "a.example.org",
        "notexample.org",
        "notexample.com",
        "org",
        "",
        "example.org.evil.net",
        "[192.0.2.1]",
    ],
)
def test_any_other_domain_is_not(domain: str) -> None:
    assert not asked(domain)


def test_a_connection_that_may_relay_may_send_anywhere() -> None:
    assert asked("example.net", relay=True)


def test_it_is_a_gate_on_domains_that_defers_when_it_cannot_tell() -> None:
    declared = catalogue()["rcpthosts"]
    assert (declared.kind, declared.on_error) == (Kind.GATE, OnError.DEFER)
    assert declared.parameters[0].type == DOMAIN
    assert declared.parameters[1].default == "rcpthosts"
