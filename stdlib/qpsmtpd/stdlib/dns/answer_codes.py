"""Which answers of a DNS list count: `127.0.0.2`, `127.0.0.4-127.0.0.7` or `127.0.0.8/30`.

What an answer outside of these means is RFC 5782 and list operators' custom: only 127.0.0.0/8 is an answer at all, and
127.255.255.0/24 says that the question was not answered (blocked resolver, too many queries, no licence).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

ANSWERS = IPv4Network("127.0.0.0/8")
REFUSALS = IPv4Network("127.255.255.0/24")


def fault(text: str) -> str:
    """What is wrong with a wanted answer as rules write it, or an empty text."""
    try:
        bounds(text)
    except ValueError as error:
        return str(error)
    return ""


@functools.cache
def bounds(text: str) -> tuple[IPv4Address, IPv4Address]:
    """The first and last answer meant. Raises ValueError with a sentence."""
    low, dash, high = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            first, last = IPv4Address(low), IPv4Address(high)
        else:
            network = IPv4Network(text.strip())
            first, last = network[0], network[-1]
    except (AddressValueError, NetmaskValueError):
        raise ValueError(f'"{text}" is no answer of a list: write "127.0.0.2", "127.0.0.4-127.0.0.7" or "127.0.0.8/30"') from None
    except ValueError:
        right = IPv4Network(text.strip(), strict=False)
        raise ValueError(f'"{text}" has host bits set: the network of that length is {right}') from None
    if first > last:
        raise ValueError(f'"{text}" is backwards: write "{last}-{first}"')
    if first not in ANSWERS or last not in ANSWERS:
        raise ValueError(f'"{text}" is no answer of a list: all of them are in {ANSWERS} (RFC 5782)')
    if last in REFUSALS:
        raise ValueError(f'"{text}" has answers of {REFUSALS} in it: by those a list says that it did not answer')
    return first, last


def counts(answer: IPv4Address, wanted: Sequence[str]) -> bool:
    """True when an answer is among the wanted ones; all are when none are named."""
    return not wanted or any(first <= answer <= last for first, last in map(bounds, wanted))
