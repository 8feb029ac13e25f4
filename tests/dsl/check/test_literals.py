"""Texts that stand for addresses, networks, domains and patterns."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.check.literals import LISTED, READERS, Malformed, address, domain, ip, listed_address, listed_domain, network
from qpsmtpd.dsl.check.patterns import BadPattern, compile_pattern, upper_case_letter


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("_spf.x.org", "_spf.x.org"),
        ("localhost", "localhost"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_a_domain_is_lower_case_a_labels(text, value):
    assert domain(text) == value


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a b", "-a.org", "a-.org", ".x.org", "a" * 64 + ".org", "[x]", "ü" * 70, "a." * 127 + "abc"]
)
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(Malformed):
        domain(text)


def test_entries_of_lists_may_stand_for_more():
    assert listed_domain(".X.org") == ".x.org"
    assert listed_address("@X.org") == "x.org"
    assert listed_address("a@X.org") == address("A@x.org")


def test_an_address_keeps_the_spelling_of_its_local_part():
    made = address("Foo.Bar@Example.ORG")
    assert (made.local, made.domain, made.text) == ("Foo.Bar", "example.org", "Foo.Bar@example.org")
    assert address('"a b"@x.org').local == "a b"


@pytest.mark.parametrize("text", ["foo", "@x.org", "a b@x.org", "a..b@x.org", "a@", "a@b..c", "x" * 65 + "@x.org", '"a@x.org'])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Malformed):
        address(text)


def test_an_ipv4_address_in_ipv6_is_the_ipv4_address():
    assert ip("::ffff:192.0.2.1") == IPv4Address("192.0.2.1")
    assert ip("2001:db8::1") == IPv6Address("2001:db8::1")


@given(st.ip_addresses(), st.integers(0, 128))
def test_a_network_with_host_bits_is_refused_with_the_right_one(address, length):
    length %= address.max_prefixlen + 1
    right = ip_network(f"{address}/{length}", strict=False)
    if right.network_address == address:
        assert network(f"{address}/{length}") == right
    else:
        with pytest.raises(Malformed) as refused:
            network(f"{address}/{length}")
        assert f'"{right}"' in refused.value.remedy


@given(st.sampled_from(sorted(READERS)), st.text(max_size=40), st.booleans())
def test_a_text_is_a_value_or_malformed_and_nothing_else(kind, text, listed):
    reader = (LISTED if listed else READERS)[kind]
    try:
        value = reader(text)
    except Malformed as error:
        assert str(error)
    else:
        assert value is not None


def test_a_pattern_finds_in_any_case_when_told():
    assert compile_pattern("^mail", "i").search("MAIL.example")
    assert not compile_pattern("^mail").search("MAIL.example")
    with pytest.raises(BadPattern, match="never closed"):
        compile_pattern("a(")


@pytest.mark.parametrize("text", ["^Mail", "a.*X$", "(?P<Name>x)Y", "\\.ORG"])
def test_a_capital_letter_that_every_match_needs_is_found(text):
    assert upper_case_letter(text, "")


@pytest.mark.parametrize(
    "text", ["[A-Z]x", "\\Sx\\D", "Foo|bar", "(Foo)?x", "X?y", "X*y", "X{0,3}y", "(?i)X", "\\p{Lu}", "(?P<Name>x)"]
)
def test_a_capital_letter_that_a_match_can_do_without_is_none(text):
    assert not upper_case_letter(text, "")
    assert not upper_case_letter("Mail", "i")
