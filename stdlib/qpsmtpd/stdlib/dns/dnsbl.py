"""Asks a list in the DNS about the client's address (RFC 5782), and does not take its error codes for listings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Client, Resolver
from qpsmtpd.dsl.model.values import Answer, IPAddress, Listing, LookupFailure
from qpsmtpd.stdlib.dns import answer_codes
from qpsmtpd.stdlib.dns.names import public_text

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_ZONE = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\.?", re.ASCII | re.IGNORECASE)
_LONGEST_ZONE = 253 - 64
"""Before it stand the 32 digits of an IPv6 address, with a dot each."""


def zone_fault(text: str) -> str:
    """What is wrong with a list's zone, or an empty text."""
    if text.count(".") < 1 and text:
        return f'"{text}" is a single label; a list has a zone like "zen.spamhaus.org"'
    if text.startswith("."):
        return f'"{text}" starts with a dot; the zone alone is meant: "{text.lstrip(".")}"'
    if "://" in text or "/" in text:
        return f'"{text}" is no zone; the name alone is meant, like "zen.spamhaus.org"'
    if len(text) > _LONGEST_ZONE or not _ZONE.fullmatch(text):
        return f'"{text[:60]}" is not the name of a zone, like "zen.spamhaus.org"'
    return ""


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, scope=Scope.CONNECTION)
async def dnsbl(
    zone: Annotated[str, Constant(zone_fault)],
    answers: Annotated[Sequence[str], Constant(answer_codes.fault)] = (),
    *,
    client: Client,
    resolver: Resolver,
) -> Listing | None:
    """The client's listing in a DNS list, absent when it has none.

    A list answers with addresses of 127.0.0.0/8, whose meaning its operator explains; `answers` limits which of them
    count. The list's own text becomes the reason of a refusal. 127.255.255.0/24 is how lists say that they did not
    answer (a public resolver, too many questions), and an answer outside of 127.0.0.0/8 comes from a dead or hijacked
    zone: both are failures of the lookup, never listings. IPv4 and IPv6 clients are asked for alike.

    Arguments:
        zone: the list's zone
        answers: the answers that count, all unless given: single ones, ranges `127.0.0.4-127.0.0.7`, networks `127.0.0.8/30`

    Examples:
        on connect unless trusted:
            if dnsbl("zen.spamhaus.org", answers = ["127.0.0.2-127.0.0.9"]) deny
            if dnsbl("bl.spamcop.net") score += 2.5
    """
    name = f"{reversed_address(client.ip)}.{zone.lower().removesuffix('.')}"
    found = [code for code in codes(zone, await resolver.query(name, "A")) if answer_codes.counts(code, answers)]
    if not found:
        return None
    return Listing(tuple(map(str, found)), await _reason(name, resolver))


def reversed_address(ip: IPAddress) -> str:
    """The octets of an IPv4 address, or the hexadecimal digits of an IPv6 address, last one first."""
    return ip.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def codes(zone: str, answer: Answer) -> list[IPv4Address]:
    """The answers of a list. Raises LookupFailure when one of them says that the list did not answer."""
    found = []
    for record in answer.records:
        try:
            code = IPv4Address(record)
        except AddressValueError:
            raise LookupFailure(f"{zone} answered with something that is no address") from None
        if code in answer_codes.REFUSALS:
            raise LookupFailure(f"{zone} did not answer, it returned the error code {code}")
        if code not in answer_codes.ANSWERS:
            raise LookupFailure(f"{zone} returned {code}, which no list does: the zone is dead or its answers are forged")
        found.append(code)
    return sorted(found)


async def _reason(name: str, resolver: Resolver) -> str:
    try:
        texts = (await resolver.query(name, "TXT")).records
    except LookupFailure:
        # listed is listed: the reason is a courtesy
        return ""
    return public_text(min(texts)) if texts else ""
