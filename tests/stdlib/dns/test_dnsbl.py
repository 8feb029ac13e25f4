from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library_doubles import KnownClient, PreparedResolver
from qpsmtpd.dsl.model.values import Answer, Listing, LookupFailure
from qpsmtpd.runtime.service.resolver import DnsResolver
from qpsmtpd.stdlib import catalogue
from qpsmtpd.stdlib.dns import answer_codes
from qpsmtpd.stdlib.dns.dnsbl import dnsbl, zone_fault
from qpsmtpd.stdlib.dns.names import public_text

NAME = "9.113.0.203.zen.test"


async def asked(*codes: str, text: tuple[str, ...] | LookupFailure = ("listed",), answers: Sequence[str] = ()) -> Listing | None:
    said = text if isinstance(text, LookupFailure) else Answer(text, 60.0, True)
    resolver = PreparedResolver({(NAME, "A"): Answer(codes, 60.0, bool(codes)), (NAME, "TXT"): said})
    return await dnsbl("zen.test", answers, client=KnownClient(), resolver=resolver)


async def test_a_listing_has_its_codes_and_the_lists_own_text() -> None:
    assert await asked("127.0.0.10", "127.0.0.2", text=("https://zen.test/9",)) == Listing(
        ("127.0.0.2", "127.0.0.10"), "https://zen.test/9"
    )


async def test_a_client_that_is_not_listed_is_absent_and_no_reason_is_asked_for() -> None:
    resolver = PreparedResolver({})
    assert await dnsbl("zen.test", client=KnownClient(), resolver=resolver) is None
    assert resolver.asked == [(NAME, "A")]


@pytest.mark.parametrize("code", ["127.255.255.252", "127.255.255.254", "127.255.255.255", "127.255.255.0"])
async def test_an_error_code_of_a_list_is_a_failure_that_names_it(code: str) -> None:
    with pytest.raises(LookupFailure, match=f"zen.test did not answer, it returned the error code {code}"):
        await asked("127.0.0.2", code)


@pytest.mark.parametrize("code", ["192.0.2.1", "0.0.0.0", "128.0.0.1", "126.255.255.255"])
async def test_an_answer_outside_of_127_is_a_failure_not_a_listing(code: str) -> None:
    with pytest.raises(LookupFailure, match="dead or its answers are forged"):
        await asked(code)


async def test_an_answer_that_is_no_address_is_a_failure() -> None:
    with pytest.raises(LookupFailure, match="no address"):
        await asked("x")


@pytest.mark.parametrize(
    ("answers", "listed"),
    [
        ([], ("127.0.0.4", "127.0.1.9")),
        (["127.0.0.4"], ("127.0.0.4",)),
        (["127.0.0.2-127.0.0.4"], ("127.0.0.4",)),
        (["127.0.1.0/24", "127.0.0.4"], ("127.0.0.4", "127.0.1.9")),
        (["127.0.0.5-127.0.0.9", "127.0.0.2"], None),
    ],
)
async def test_only_the_answers_that_are_named_count(answers: list[str], listed: tuple[str, ...] | None) -> None:
    found = await asked("127.0.0.4", "127.0.1.9", answers=answers)
    assert (found.codes if found else None) == listed


async def test_listed_without_a_text_is_listed() -> None:
    listed = Listing(("127.0.0.2",), "")
    assert await asked("127.0.0.2", text=()) == await asked("127.0.0.2", text=LookupFailure("no answer")) == listed


async def test_an_ipv6_client_is_asked_for_by_its_digits() -> None:
    resolver = PreparedResolver({})
    await dnsbl("Zen.Test.", client=KnownClient(ip=ip_address("2001:db8::2")), resolver=resolver)
    assert resolver.asked == [("2.0.0.0." + "0.0.0.0." * 5 + "8.b.d.0.1.0.0.2.zen.test", "A")]


@pytest.mark.parametrize(
    "zone", ["", "zen", ".zen.test", "https://zen.test/", "zen..test", "zen test.org", "a." * 95 + "test", "ä.test"]
)
def test_what_is_no_zone_is_refused_with_a_sentence(zone: str) -> None:
    assert "zone" in zone_fault(zone)


@pytest.mark.parametrize("zone", ["zen.spamhaus.org", "abc123.zen.dq.spamhaus.net.", "my_list.example"])
def test_the_names_of_lists_are_zones(zone: str) -> None:
    assert zone_fault(zone) == ""


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("2", "write"),
        ("127.0.0.2-", "write"),
        ("127.0.0.2-4", "write"),
        ("127.0.0.9-127.0.0.2", "127.0.0.2-127.0.0.9"),
        ("127.0.0.9/24", "127.0.0.0/24"),
        ("127.0.0.2/64", "write"),
        ("192.0.2.1", "127.0.0.0/8"),
        ("126.0.0.0-127.0.0.2", "127.0.0.0/8"),
        ("127.255.255.254", "did not answer"),
    ],
)
def test_an_answer_that_no_list_gives_is_refused_with_what_was_meant(answer: str, meant: str) -> None:
    assert meant in answer_codes.fault(answer)


@given(st.integers(2130706433, 2130706433 + 5000), st.integers(0, 5000))
def test_a_range_has_its_ends_and_what_lies_between(first: int, length: int) -> None:
    written = [f"{IPv4Address(first)}-{IPv4Address(first + length)}"]
    assert answer_codes.fault(written[0]) == ""
    inside = [answer_codes.counts(IPv4Address(first + at), written) for at in (-1, 0, length, length + 1)]
    assert inside == [False, True, True, False]


@given(st.text())
def test_whatever_a_list_says_becomes_one_short_line_of_printable_ascii(text: str) -> None:
    public = public_text(text)
    assert public.isascii()
    assert public.isprintable()
    assert len(public) <= 255


async def test_it_is_answered_by_a_real_name_server(name_server: str) -> None:
    resolver = DnsResolver((name_server,))
    listed = await dnsbl("zen.test", client=KnownClient(ip=ip_address("127.0.0.2")), resolver=resolver)
    assert listed == Listing(("127.0.0.2", "127.0.0.4"), "Listed; see https://zen.test/127.0.0.2")
    six = await dnsbl("zen.test", client=KnownClient(ip=ip_address("2001:db8::2")), resolver=resolver)
    assert six == Listing(("127.0.0.3",), "")
    assert await dnsbl("zen.test", client=KnownClient(ip=ip_address("127.0.0.1")), resolver=resolver) is None
    with pytest.raises(LookupFailure, match="127.255.255.254"):
        await dnsbl("zen.test", client=KnownClient(ip=ip_address("127.0.0.66")), resolver=resolver)


def test_its_arguments_are_checked_when_the_rules_load() -> None:
    assert all(parameter.constant for parameter in catalogue()["dnsbl"].parameters)
