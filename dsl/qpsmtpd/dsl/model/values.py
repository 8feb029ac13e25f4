"""The values that rules and functions hand each other at run time, one Python type for each type of the language.

Frozen, comparable the way mail compares (domains and, by default, local parts without regard to case).
Collections answer `in` at a cost that does not grow with their length.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import accumulate
from typing import ClassVar, NamedTuple, NewType, Protocol

IPAddress = IPv4Address | IPv6Address
"""An address of a peer or of ours; IPv4-mapped IPv6 is unmapped before rules see it."""
IPNetwork = IPv4Network | IPv6Network

Duration = NewType("Duration", float)
"""Seconds."""
Size = NewType("Size", int)
"""Octets."""
Time = NewType("Time", float)
"""Seconds since 1970-01-01 UTC."""
Domain = NewType("Domain", str)
"""Lower-case A-label form, no trailing dot. In a list, a leading dot means: everything below it."""
Template = NewType("Template", str)
"""A finished text that the rules file wrote with `{{ }}`."""
PathTemplate = NewType("PathTemplate", str)
"""A finished, absolute path that the rules file wrote with `{{ }}`: no value has left its component."""


class Pattern(Protocol):
    """A compiled RE2 pattern: linear time, no look-around, no back-references."""

    def search(self, text: str) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events in so many seconds: `300/1h`. Of two rates the one with more events a second is the larger."""

    count: int
    seconds: float

    def __lt__(self, other: Rate) -> bool:
        return self.count * other.seconds < other.count * self.seconds

    def __le__(self, other: Rate) -> bool:
        return self.count * other.seconds <= other.count * self.seconds

    def __gt__(self, other: Rate) -> bool:
        return other < self

    def __ge__(self, other: Rate) -> bool:
        return other <= self


class Address:
    """A reverse-path or forward-path (RFC 5321 section 4.1.2), parsed and canonical.

    `local` keeps its spelling, unquoted; `domain` is a lower-case A-label or an address literal in
    brackets. Both are None for the null sender, and only there. Two addresses are equal when their
    domains are and their local parts are but for case.
    """

    __slots__ = ("compared", "domain", "local", "text")

    def __init__(self, local: str | None, domain: str | None, text: str) -> None:
        self.local = local
        self.domain = domain
        self.text = text
        """The canonical written form without angle brackets; empty for the null sender."""
        # rules compare an address many times, so what is compared is made once
        compared = "" if local is None else f"{local.lower()}@{domain}"
        self.compared = text if compared == text else compared
        """The same text for equal addresses, and only for these."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.compared == other.compared

    def __hash__(self) -> int:
        return hash(self.compared)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.text}>"


NULL_SENDER = Address(None, None, "")
"""`MAIL FROM:<>`; written `<>` in rules."""


class NetworkSet:
    """A list of networks: `ip in set` is a search among numbers that lie within a few places of each other.

    Holds numbers only, so that a million entries stay small (an IPv4 network takes some twenty octets, an IPv6 network
    less than 150); iterating makes the networks again, in the order of their addresses. What lies inside another
    network of the list is left out, so no two of them overlap.
    """

    __slots__ = ("_in_v4", "_in_v6", "_v4", "_v6")

    def __init__(self, networks: Iterable[IPNetwork] = ()) -> None:
        prefixes: dict[int, list[int]] = {4: [], 6: []}
        for n in networks:
            prefixes[n.version].append(prefix(int(n.network_address), n.prefixlen))
        self._fill(prefixes[4], prefixes[6])

    @classmethod
    def of_prefixes(cls, v4: Iterable[int], v6: Iterable[int]) -> NetworkSet:
        """From networks as numbers, see `prefix`."""
        made = cls()
        made._fill(v4, v6)
        return made

    def _fill(self, v4: Iterable[int], v6: Iterable[int]) -> None:
        self._v4, self._v6 = _apart(32, v4), _apart(128, v6)
        self._in_v4, self._in_v6 = _ranges(32, self._v4), _ranges(128, self._v6)

    def __contains__(self, ip: object) -> bool:
        if isinstance(ip, IPv4Address):
            bounds, first, shift, pages, last = self._in_v4
        elif isinstance(ip, IPv6Address):
            bounds, first, shift, pages, last = self._in_v6
        else:
            return False
        number = int(ip)
        if number < first:
            return False
        page = (number - first) >> shift
        if page >= last:
            return len(bounds) & 1 == 1
        return bisect_right(bounds, number, pages[page], pages[page + 1]) & 1 == 1

    def __iter__(self) -> Iterator[IPNetwork]:
        for start, host in zip(*self._v4, strict=True):
            yield IPv4Network((start, 32 - host))
        for start, host in zip(*self._v6, strict=True):
            yield IPv6Network((start, 128 - host))

    def __len__(self) -> int:
        return len(self._v4.starts) + len(self._v6.starts)

    @property
    def counts(self) -> tuple[int, int]:
        """How many IPv4 and how many IPv6 addresses it has; cheap however long the list is."""
        four, six = (sum(apart.hosts.count(host) << host for host in set(apart.hosts)) for apart in (self._v4, self._v6))
        return four, six

    @property
    def networks(self) -> tuple[IPNetwork, ...]:
        """The networks, IPv4 first, in the order of their addresses."""
        return tuple(self)


def prefix(address: int, length: int) -> int:
    """A network as a number: sorted, these stand in the order of their first addresses, the wider before the narrower."""
    return address << 8 | length


class _Apart(NamedTuple):
    """Networks of one family that do not overlap, in order; `hosts` has the bits behind each prefix."""

    starts: Sequence[int]
    hosts: bytes


class _Ranges(NamedTuple):
    """The same addresses as ranges, and where among their bounds to look for an address.

    `bounds` are, in order, the first address of a range, the first one behind it, and so on: an address is inside when
    an odd number of them lies at or before it. The last bound is missing where no address is behind the range.
    An address lies (address - first) >> shift pages behind the first one; before page n are `pages[n]` bounds.
    """

    bounds: Sequence[int]
    first: int
    shift: int
    pages: Sequence[int]
    last: int
    """Pages in all."""


def _numbers(bits: int) -> MutableSequence[int]:
    return array("I") if bits == 32 else []


def _apart(bits: int, prefixes: Iterable[int]) -> _Apart:
    starts, hosts = _numbers(bits), bytearray()
    end = -1
    for number in sorted(prefixes):
        start, host = number >> 8, bits - (number & 0xFF)
        if start > end:
            starts.append(start)
            hosts.append(host)
            end = start | ((1 << host) - 1)
    return _Apart(starts, bytes(hosts))


def _ranges(bits: int, networks: _Apart) -> _Ranges:
    bounds = _numbers(bits)
    behind = -1
    for start, host in zip(*networks, strict=True):
        if start == behind:
            bounds.pop()
        else:
            bounds.append(start)
        behind = start + (1 << host)
        if behind < 1 << bits:
            bounds.append(behind)
    if not bounds:
        return _Ranges(bounds, 1 << bits, 0, (), 0)
    first, width = bounds[0], bounds[-1] - bounds[0]
    shift = max(width.bit_length() - len(bounds).bit_length(), 0)
    last = (width >> shift) + 1
    pages = array("I", bytes(4 * (last + 1)))
    for bound in bounds:
        pages[((bound - first) >> shift) + 1] += 1
    return _Ranges(bounds, first, shift, array("I", accumulate(pages)), last)


class DomainSet:
    """A list of domains: `x.org` matches itself, `.x.org` everything below it (not itself)."""

    __slots__ = ("_exact", "_parents")

    def __init__(self, domains: Iterable[str] = ()) -> None:
        self._exact: set[str] = set()
        self._parents: set[str] = set()
        for domain in domains:
            name = domain.lower()
            if name.startswith("."):
                self._parents.add(name[1:])
            else:
                self._exact.add(domain if name == domain else name)  # a million names need not be there twice

    def __contains__(self, domain: object) -> bool:
        if not isinstance(domain, str):
            return False
        name = domain.lower()
        if name in self._exact:
            return True
        parents = self._parents
        if parents:
            above = name.partition(".")[2]
            while above:
                if above in parents:
                    return True
                above = above.partition(".")[2]
        return False

    def __iter__(self) -> Iterator[str]:
        yield from sorted(self._exact)
        yield from ("." + name for name in sorted(self._parents))

    def __len__(self) -> int:
        return len(self._exact) + len(self._parents)


class AddressSet:
    """A list of addresses; an entry `@example.org` matches every address of that domain."""

    __slots__ = ("_domains", "_written")

    def __init__(self, addresses: Iterable[Address] = (), domains: Iterable[str] = ()) -> None:
        self._written: Mapping[str, str] = {a.compared: a.text for a in addresses}
        self._domains = DomainSet(domains)

    @classmethod
    def of_texts(cls, written: Mapping[str, str], domains: Iterable[str]) -> AddressSet:
        """From the written form of each address under what is compared of it."""
        made = cls((), domains)
        made._written = written
        return made

    @property
    def compared(self) -> Iterable[str]:
        """What is compared of each address, in the order of the list."""
        return self._written

    @property
    def domains(self) -> DomainSet:
        """The domains of which it has every address."""
        return self._domains

    def __contains__(self, address: object) -> bool:
        return isinstance(address, Address) and (address.compared in self._written or address.domain in self._domains)

    def __iter__(self) -> Iterator[str]:
        yield from sorted(self._written.values())
        yield from ("@" + d for d in self._domains)

    def __len__(self) -> int:
        return len(self._written) + len(self._domains)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message that a delivery function was given.

    `delivered`: it is the next hop's or on stable storage; `refused`: it never will be (5xx);
    else deferred (4xx). `text` is public: it goes into the reply.
    """

    delivered: bool
    text: str
    refused: bool = False
    enhanced: str = ""


class Variant:
    """One value of an enumeration whose values have fields of their own.

    A function that answers `Clean | Infected`, both frozen dataclasses and subclasses of this one, has an enumeration
    with the values `clean` and `infected` for its type.
    """

    __slots__ = ()
    case: ClassVar[str] = ""
    """How rules call this value: the name of its class in lower case."""

    def __init_subclass__(cls) -> None:
        cls.case = cls.__name__.lower()


class Unknown:
    """The value of a call that failed; one of the two instances below, never another.

    It spreads through every operator. `defer` says that a call whose declared failure policy is
    `defer` is among the causes.
    """

    __slots__ = ("defer",)

    def __init__(self, *, defer: bool) -> None:
        self.defer = defer

    def __repr__(self) -> str:
        return "DEFER" if self.defer else "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("unknown is neither true nor false")


UNKNOWN = Unknown(defer=False)
DEFER = Unknown(defer=True)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list in the DNS says of a name: its answers, and the list's own text as the reason."""

    codes: tuple[str, ...]
    reason: str = ""

    def __bool__(self) -> bool:
        return True


class LookupFailure(Exception):
    """A question to the outside world that got no usable answer. Its text goes to the log, never to a peer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resolver says: the records as text, in presentation form without quotes; empty when the name or type does not exist."""

    records: tuple[str, ...] = ()
    ttl: float = 0.0
    exists: bool = field(default=False)
    """False for NXDOMAIN."""
