"""The values that rules and functions hand each other at run time, one Python type for each type of the language.

Frozen, comparable the way mail compares (domains and, by default, local parts without regard to case).
Collections answer `in` at a cost that does not grow with their length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import ClassVar, NewType, Protocol

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

    __slots__ = ("_compared", "domain", "local", "text")

    def __init__(self, local: str | None, domain: str | None, text: str) -> None:
        self.local = local
        self.domain = domain
        self.text = text
        """The canonical written form without angle brackets; empty for the null sender."""
        # rules compare an address many times, so what is compared is made once
        self._compared = (None if local is None else local.lower(), domain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.text}>"


NULL_SENDER = Address(None, None, "")
"""`MAIL FROM:<>`; written `<>` in rules."""


class NetworkSet:
    """A list of networks: `ip in set` is a longest-prefix match, one set probe per prefix length in use.

    Holds numbers only, so that a million entries stay small; iterating makes the networks again, shortest prefix first.
    """

    __slots__ = ("_v4", "_v6")

    def __init__(self, networks: Iterable[IPNetwork] = ()) -> None:
        tables: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
        for n in networks:
            start = int(n.network_address) >> (n.max_prefixlen - n.prefixlen)
            tables[n.version].setdefault(n.prefixlen, set()).add(start)
        self._v4 = _longest_first(tables[4])
        self._v6 = _longest_first(tables[6])

    @classmethod
    def of_prefixes(cls, v4: Mapping[int, Iterable[int]], v6: Mapping[int, Iterable[int]]) -> NetworkSet:
        """From the prefixes themselves: for each length in bits the leading bits as numbers (192.0.2.0/24 is 24: 0xC00002)."""
        made = cls()
        made._v4, made._v6 = _longest_first(v4), _longest_first(v6)
        return made

    def __contains__(self, ip: object) -> bool:
        if isinstance(ip, IPv4Address):
            number, tables, bits = int(ip), self._v4, 32
        elif isinstance(ip, IPv6Address):
            number, tables, bits = int(ip), self._v6, 128
        else:
            return False
        for length, starts in tables:  # noqa: SIM110 - a generator costs more than the probes
            if number >> (bits - length) in starts:
                return True
        return False

    def __iter__(self) -> Iterator[IPNetwork]:
        for length, starts in reversed(self._v4):
            yield from (IPv4Network((start << (32 - length), length)) for start in sorted(starts))
        for length, starts in reversed(self._v6):
            yield from (IPv6Network((start << (128 - length), length)) for start in sorted(starts))

    def __len__(self) -> int:
        return sum(len(starts) for _, starts in (*self._v4, *self._v6))

    def could_hold(self, v4: int, v6: int) -> bool:
        """True when, counted one by one, the networks have so many IPv4 or so many IPv6 addresses; cheap however long the list is."""
        four = sum(len(starts) << (32 - length) for length, starts in self._v4)
        six = sum(len(starts) << (128 - length) for length, starts in self._v6)
        return four >= v4 or six >= v6

    @property
    def networks(self) -> tuple[IPNetwork, ...]:
        """The networks, IPv4 first, shortest prefix first."""
        return tuple(self)


def _longest_first(tables: Mapping[int, Iterable[int]]) -> tuple[tuple[int, frozenset[int]], ...]:
    return tuple((length, frozenset(tables[length])) for length in sorted(tables, reverse=True))


class DomainSet:
    """A list of domains: `x.org` matches itself, `.x.org` everything below it (not itself)."""

    __slots__ = ("_exact", "_parents")

    def __init__(self, domains: Iterable[str] = ()) -> None:
        names = [d.lower() for d in domains]
        self._exact = frozenset(d for d in names if not d.startswith("."))
        self._parents = frozenset(d for d in names if d.startswith("."))

    def __contains__(self, domain: object) -> bool:
        if not isinstance(domain, str):
            return False
        name = domain.lower()
        if name in self._exact:
            return True
        if self._parents:
            dot = name.find(".", 1)
            while dot >= 0:
                if name[dot:] in self._parents:
                    return True
                dot = name.find(".", dot + 1)
        return False

    def __iter__(self) -> Iterator[str]:
        yield from sorted(self._exact)
        yield from sorted(self._parents)

    def __len__(self) -> int:
        return len(self._exact) + len(self._parents)


class AddressSet:
    """A list of addresses; an entry `@example.org` matches every address of that domain."""

    __slots__ = ("_addresses", "_domains")

    def __init__(self, addresses: Iterable[Address] = (), domains: Iterable[str] = ()) -> None:
        self._addresses = frozenset(addresses)
        self._domains = DomainSet(domains)

    def __contains__(self, address: object) -> bool:
        return isinstance(address, Address) and (address in self._addresses or address.domain in self._domains)

    def __iter__(self) -> Iterator[str]:
        yield from sorted(a.text for a in self._addresses)
        yield from ("@" + d for d in self._domains)

    def __len__(self) -> int:
        return len(self._addresses) + len(self._domains)


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
