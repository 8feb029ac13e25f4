"""What may be written as a network in a data file, and the prefix it stands for.

CIDR notation and single addresses (RFC 4632, RFC 4291), and qpsmtpd's cut-off addresses: `192.0.2.` is 192.0.2.0/24.
Numbers only, no network objects: a file may have a million lines.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple

_CUT_V4 = re.compile(r"(?:\d{1,3}\.){1,3}", re.ASCII)
_CUT_V6 = re.compile(r"(?:[0-9a-f]{1,4}:){1,7}", re.IGNORECASE)
_MAPPED = 0xFFFF
"""The first 96 bits of an IPv4-mapped IPv6 address."""


class Prefix(NamedTuple):
    """The leading `length` bits of addresses of `bits` bits, as a number."""

    bits: int
    length: int
    start: int


class NotANetwork(ValueError):
    """A text that is no network; its message says what was probably meant."""


def parse(text: str) -> Prefix:
    """The prefix that a text stands for. Raises NotANetwork with a sentence."""
    address, slash, suffix = text.partition("/")
    found = _cut_off(text) if text[-1] in ".:" and not slash else None
    if found:
        return found
    bits, number = _address(address, text)
    if bits == 128 and number >> 32 == _MAPPED:
        raise NotANetwork(f'"{text}" is IPv4 written as IPv6; rules see such clients as IPv4: {_unmapped(number, suffix)}')
    if not slash:
        return Prefix(bits, bits, number)
    if not (suffix.isascii() and suffix.isdigit() and len(suffix) <= 3 and int(suffix) <= bits):
        raise NotANetwork(_bad_length(text, address, suffix, bits))
    rest = bits - int(suffix)
    if number & ((1 << rest) - 1):
        right = written(bits, number >> rest << rest, int(suffix))
        raise NotANetwork(f'"{text}" has host bits set: the network is {right}, the one address is {address}')
    return Prefix(bits, int(suffix), number >> rest)


def written(bits: int, number: int, length: int) -> str:
    """An address and its prefix length in CIDR notation."""
    address = ipaddress.IPv4Address(number) if bits == 32 else ipaddress.IPv6Address(number)
    return f"{address}/{length}"


def _address(address: str, text: str) -> tuple[int, int]:
    family, bits = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
    try:
        return bits, int.from_bytes(socket.inet_pton(family, address), "big")
    except (OSError, ValueError):
        raise NotANetwork(_what_is_wrong(text)) from None


def _cut_off(text: str) -> Prefix | None:
    if _CUT_V4.fullmatch(text):
        octets = [int(octet) for octet in text[:-1].split(".")]
        if max(octets) <= 255:
            return Prefix(32, 8 * len(octets), int.from_bytes(bytes(octets), "big"))
    if _CUT_V6.fullmatch(text):
        groups = [int(group, 16) for group in text[:-1].split(":")]
        return Prefix(128, 16 * len(groups), sum(group << (16 * place) for place, group in enumerate(reversed(groups))))
    return None


def _unmapped(number: int, suffix: str) -> str:
    address = str(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return f"{address}/{int(suffix) - 96}" if suffix.isdecimal() and 96 <= int(suffix) <= 128 else address


def _bad_length(text: str, address: str, suffix: str, bits: int) -> str:
    if bits == 32:
        try:
            right = ipaddress.IPv4Network(f"{address}/{suffix}", strict=False)
        except ValueError:
            right = None
        if right is not None:
            return f'"{text}" has a net mask; write the length of the prefix: {right}'
    return f'"{text}" is not a network: behind the slash stands a number from 0 to {bits}'


def _what_is_wrong(text: str) -> str:
    if len(text.split()) > 1:
        return f'"{text}" is more than one entry; write one a line'
    if text == "*":
        return '"*" would be everybody; name your networks, one a line, as in 192.0.2.0/24'
    if "-" in text and re.fullmatch(r"[0-9a-fA-F.:-]+", text):
        return f'"{text}" is a range; write the networks that make it up, as in 192.0.2.0/25'
    if "*" in text:
        return f'"{text}" has a wildcard; a network is written as in 192.0.2.0/24 or 192.0.2.'
    if re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,2}(/\d+)?", text):
        return f'"{text}" is cut off; write all four numbers of the address, as in 192.0.2.0/24, or a dot at the end'
    if re.fullmatch(r"[0-9.]+(/.*)?", text):
        return f'"{text}" is not an IPv4 address: four numbers from 0 to 255 without leading zeros'
    if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?", text):
        return f'"{text}" is a name; only addresses and networks belong here'
    return f'"{text}" is not a network, as in 192.0.2.0/24 or 2001:db8::/32'
