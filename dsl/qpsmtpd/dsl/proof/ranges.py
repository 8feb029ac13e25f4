"""Addresses as ranges of numbers: how networks divide them, and whether ranges hold everybody."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.model.values import IPAddress, IPNetwork

FAMILIES = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
"""The versions of IP and the last address of each, as a number."""

_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All that clients on the Internet can have (RFC 4291 section 2.4)."""


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Addresses of one version, as numbers, both ends included."""

    version: int
    first: int
    last: int

    @classmethod
    def of(cls, network: IPNetwork) -> Range:
        """All addresses of a network."""
        return cls(network.version, int(network.network_address), int(network.broadcast_address))

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    @property
    def example(self) -> IPAddress:
        """An address in it: the second one, where there are more."""
        number = self.first + (self.last > self.first)
        return ipaddress.IPv4Address(number) if self.version == 4 else ipaddress.IPv6Address(number)


EVERYBODY = (Range(4, 0, FAMILIES[4]), Range.of(_GLOBAL_V6))
"""A list that has one of these tells nothing about a client."""


def divided_by(version: int, blocks: Iterable[tuple[Range, int]]) -> Iterator[tuple[Range, tuple[int, ...]]]:
    """The addresses of a version, cut where a block begins or ends, each piece with the owners of the blocks around it.

    The blocks are networks: two of them lie apart, or one inside of the other.
    """
    mine = sorted((b for b in blocks if b[0].version == version), key=lambda b: (b[0].first, -b[0].last))
    position = 0
    around: list[tuple[int, tuple[int, ...]]] = [(FAMILIES[version], ())]
    for block, owner in mine:
        while around[-1][0] < block.first:
            last, owners = around.pop()
            if position <= last:
                yield Range(version, position, last), owners
            position = last + 1
        if position < block.first:
            yield Range(version, position, block.first - 1), around[-1][1]
        position = block.first
        around.append((block.last, (*around[-1][1], owner)))
    while around:
        last, owners = around.pop()
        if position <= last:
            yield Range(version, position, last), owners
        position = last + 1


def hold_everybody(ranges: Iterable[Range]) -> bool:
    """True when these ranges together contain every IPv4 or every global IPv6 address."""
    joined = _joined(sorted(ranges))
    return any(_inside(everybody, each) for everybody in EVERYBODY for each in joined)


def _inside(inner: Range, outer: Range) -> bool:
    return inner.version == outer.version and outer.first <= inner.first and inner.last <= outer.last


def _joined(ranges: Sequence[Range]) -> Sequence[Range]:
    """The same addresses in as few ranges as possible."""
    made: list[Range] = []
    for each in ranges:
        before = made[-1] if made else None
        if before is not None and before.version == each.version and each.first <= before.last + 1:
            made[-1] = Range(before.version, before.first, max(before.last, each.last))
        else:
            made.append(each)
    return made
