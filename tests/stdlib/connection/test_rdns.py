from __future__ import annotations

from ipaddress import ip_address

import pytest

from library_doubles import KnownClient, PreparedResolver
from qpsmtpd.dsl.model.types import DOMAIN, optional
from qpsmtpd.dsl.model.values import Answer, LookupFailure
from qpsmtpd.runtime.service.resolver import DnsResolver
from qpsmtpd.stdlib import catalogue
from qpsmtpd.stdlib.connection.rdns import rdns

NAME = "9.113.0.203.in-addr.arpa"


async def asked(*names: str) -> str | None:
    resolver = PreparedResolver({(NAME, "PTR"): Answer(names, 60.0, True)})
    return await rdns(client=KnownClient(), resolver=resolver)


async def test_the_name_comes_in_lower_case_without_its_last_dot() -> None:
    assert await asked("H9.Example.NET.") == "h9.example.net"


async def test_a_client_without_a_name_has_none() -> None:
    assert await asked() is None


async def test_of_several_names_it_is_always_the_same_one() -> None:
    assert await asked("b.example", "a.example") == await asked("a.example", "b.example") == "a.example"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a b.example",
        "a.example\r\nX: y",
        "ä.example",
        "-a.example",
        "{{ ip }}",
        "a..b",
        "x" * 64 + ".example",
        "a." * 127 + "b",
    ],
)
async def test_what_is_no_host_name_counts_as_none(name: str) -> None:
    assert await asked(name) is None
    assert await asked(name, "good.example") == "good.example"


async def test_of_a_thousand_names_only_the_first_few_are_looked_at() -> None:
    assert await asked(*(f"n{n}.example" for n in range(100, 1100)), "a.example") == "n100.example"


async def test_an_ipv6_client_is_asked_for_by_its_digits() -> None:
    resolver = PreparedResolver({})
    await rdns(client=KnownClient(ip=ip_address("2001:db8::1")), resolver=resolver)
    assert resolver.asked == [("1.0.0.0." + "0.0.0.0." * 5 + "8.b.d.0.1.0.0.2.ip6.arpa", "PTR")]


async def test_a_question_without_an_answer_is_a_failure_not_an_absence() -> None:
    with pytest.raises(LookupFailure):
        await rdns(client=KnownClient(), resolver=PreparedResolver({(NAME, "PTR"): LookupFailure("no answer")}))


async def test_it_is_answered_by_a_real_name_server(name_server: str) -> None:
    assert await rdns(client=KnownClient(ip=ip_address("127.0.0.9")), resolver=DnsResolver((name_server,))) == "nine.test"
    assert await rdns(client=KnownClient(ip=ip_address("127.0.0.8")), resolver=DnsResolver((name_server,))) is None


def test_it_is_a_domain_that_may_be_absent() -> None:
    assert catalogue()["rdns"].returns == optional(DOMAIN)
