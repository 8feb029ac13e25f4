"""Lists of a million entries: what a test costs, what an entry takes, and what reading the file takes.

Half of the tests find something. Which entries and addresses come is random, but the same each time.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from qpsmtpd.stdlib.data import domains, networks

_ENTRIES = 1_000_000
_TESTS = 100_000
_LENGTHS = (*[32] * 48, *range(20, 32))
"""Prefixes of an IPv4 list: most are single addresses."""
_LENGTHS_V6 = (128, 128, 128, 64, 64, 56, 48, 48)
"""None as wide as a provider: it would hold most of the others."""


@dataclass(frozen=True, slots=True)
class Long:
    """A kind of list: how its lines are made, how they are read, and what is looked for that is not there."""

    title: str
    line: Callable[[random.Random, int], str]
    read: Callable[[str, Callable[[int, str, str], None]], Any]
    inside: Callable[[str], object]
    outside: Callable[[random.Random], object]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a list costs."""

    microseconds: float
    octets: float
    peak: float
    seconds: float


def _network(chance: random.Random, _: int) -> str:
    length = chance.choice(_LENGTHS)
    return f"{IPv4Address(chance.randrange(1 << 24, 0xDF000000) >> (32 - length) << (32 - length))}/{length}"


def _network_v6(chance: random.Random, _: int) -> str:
    length = chance.choice(_LENGTHS_V6)
    # a few hundred providers, as in life
    number = (0x2001 << 112) | (chance.randrange(400) << 96) | chance.getrandbits(96)
    return f"{IPv6Address(number >> (128 - length) << (128 - length))}/{length}"


def _domain(chance: random.Random, n: int) -> str:
    return f"{'.' * (n % 10 == 0)}{chance.choice('abcdefgh')}{n}.{chance.choice(['mail', 'dyn'])}{n % 977}.example.org"


LISTS = (
    Long(
        "1,000,000 IPv4 networks",
        _network,
        networks.read,
        lambda line: IPv4Address(line.partition("/")[0]),
        lambda chance: IPv4Address(chance.randrange(1 << 24, 0xDF000000)),
    ),
    Long(
        "1,000,000 IPv6 networks",
        _network_v6,
        networks.read,
        lambda line: IPv6Address(line.partition("/")[0]),
        lambda chance: IPv6Address((0x2001 << 112) | chance.getrandbits(112)),
    ),
    Long(
        "1,000,000 domains",
        _domain,
        domains.read,
        lambda line: ("x" + line) if line.startswith(".") else line,
        lambda chance: f"no{chance.randrange(10**6)}.such{chance.randrange(1000)}.example.net",
    ),
)


def measured(kind: Long) -> Measured:
    """Makes a file of that kind and measures what it costs."""
    chance = random.Random(1)
    lines = [kind.line(chance, n) for n in range(_ENTRIES)]
    asked = [kind.inside(line) for line in chance.sample(lines, _TESTS // 2)] + [kind.outside(chance) for _ in range(_TESTS // 2)]
    chance.shuffle(asked)
    text = "\n".join(lines)
    del lines
    begun = time.process_time()
    held = kind.read(text, _ignored)
    seconds = time.process_time() - begun
    test = min(_asking(held, asked) for _ in range(5)) / _TESTS
    tracemalloc.start()
    held = kind.read(text, _ignored)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held
    return Measured(test * 1e6, kept / _ENTRIES, peak / _ENTRIES, seconds)


def _ignored(line: int, code: str, message: str, other: int = 0) -> None:
    """Some of the random entries lie inside of others."""


def _asking(held: Any, asked: Sequence[object]) -> float:
    begun = time.process_time()
    for one in asked:
        one in held  # noqa: B015 - the test itself is measured
    return time.process_time() - begun
