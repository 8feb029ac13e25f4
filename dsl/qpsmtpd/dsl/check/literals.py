"""Decides what a text stands for where an ip, network, domain, address or pattern is wanted, and refuses a malformed one.

Knows no tree and no hook: a text goes in, a value comes out.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from qpsmtpd.dsl.check.patterns import BadPattern, compile_pattern
from qpsmtpd.dsl.model.values import Address, Domain, IPAddress, IPNetwork, Pattern


class Malformed(ValueError):
    """The text is no such value. `remedy` says what to write instead, as far as that can be guessed."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


def ip(text: str) -> IPAddress:
    """An IPv4 or IPv6 address; an IPv4-mapped one is its IPv4 address."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        remedy = "a network cannot stand here, write one address" if "/" in text else 'write it as "192.0.2.1" or "2001:db8::1"'
        raise Malformed(f'"{text}" is not an IP address', remedy) from None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def network(text: str) -> IPNetwork:
    """A network in CIDR notation without host bits; a single address is the network of itself."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            right = ipaddress.ip_network(text, strict=False)
            message = f'"{text}" has host bits set: the network of that length is {right}'
            raise Malformed(message, f'write "{right}", or "{text.partition("/")[0]}" for the one address') from None
    address, slash, length = text.partition("/")
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        raise Malformed(f'"{text}" is not a network', 'write it as "192.0.2.0/24" or "2001:db8::/32"') from None
    most = found.max_prefixlen
    raise Malformed(f'"{text}" is not a network: "{slash}{length}" is no prefix length', f"it is a number from 0 to {most}")


_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def domain(text: str) -> Domain:
    """A domain as lower-case A-labels (RFC 5890), without a trailing dot; or an address literal in brackets."""
    if text.startswith("[") and text.endswith("]"):
        return Domain(f"[{_literal(text[1:-1])}]")
    name = text.removesuffix(".").lower()
    if not name.isascii():
        import idna  # its tables are large, and hardly any rules have such names

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise Malformed(f'"{text}" is not a domain: {str(error).rstrip(".").lower()}') from None
    if not text:
        raise Malformed('"" is not a domain', "a domain that may be absent is tested: `if x and x == …`, or `x == none`")
    if text.startswith("."):
        raise Malformed(f'"{text}" is not one domain', f'everything below a domain stands in a list: ["{text}"]')
    wrong = next((label for label in name.split(".") if not _LABEL.fullmatch(label)), None)
    if wrong is not None:
        raise Malformed(f'"{text}" is not a domain: ' + (f'"{wrong}" is no label of one' if wrong else "a label is empty"))
    if len(name) > 253:
        raise Malformed(f'"{text}" is not a domain: it has more than 253 characters')
    return Domain(name)


def _literal(text: str) -> str:
    bare = text[5:] if text.lower().startswith("ipv6:") else text
    found = ip(bare)
    return f"IPv6:{found}" if found.version == 6 else str(found)


def listed_domain(text: str) -> Domain:
    """An entry of a list of domains: `.example.org` is everything below it."""
    return Domain("." + domain(text[1:])) if text.startswith(".") and len(text) > 1 else domain(text)


_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')


def address(text: str) -> Address:
    """A mailbox (RFC 5321 section 4.1.2)."""
    local, at, name = text.rpartition("@")
    if not text:
        raise Malformed('"" is not an address', "the null sender of bounces is written `<>`, without quotes")
    if not at:
        raise Malformed(f'"{text}" is not an address: there is no "@" in it', 'write it as "name@example.org"')
    if not local:
        raise Malformed(f'"{text}" is not one address', f'every address of a domain stands in a list: ["{text}"]')
    if not _ATOMS.fullmatch(local) and not _QUOTED.fullmatch(local):
        raise Malformed(f'"{text}" is not an address: "{local}" is no local part', "blanks and the like need quotes around them")
    if len(local) > 64:
        raise Malformed(f'"{text}" is not an address: its local part has more than 64 characters')
    right = domain(name)
    plain = re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local
    return Address(plain, right, f"{local}@{right}")


def listed_address(text: str) -> Address | Domain:
    """An entry of a list of addresses: `@example.org` is every address of that domain."""
    return listed_domain(text[1:]) if text.startswith("@") else address(text)


def pattern(text: str) -> Pattern:
    """A pattern written as a text."""
    try:
        return compile_pattern(text)
    except BadPattern as error:
        raise Malformed(f"this pattern cannot be used: {error}", error.fault.help) from None


READERS: Mapping[str, Callable[[str], Any]] = {
    "ip": ip,
    "network": network,
    "domain": domain,
    "address": address,
    "pattern": pattern,
}
"""For each type that a text literal can stand for: what reads it. Each raises Malformed."""

LISTED: Mapping[str, Callable[[str], Any]] = {**READERS, "domain": listed_domain, "address": listed_address}
"""The same for entries of lists."""
