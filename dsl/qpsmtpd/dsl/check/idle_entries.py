"""Finds entries of a list in the rules that add nothing: they are there twice, or a wider one has them.

A network lies in a shorter prefix, a domain below `.domain`, an address in `@domain`. For data files their readers say
the same. Cost grows with the list, not with its square.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network

from qpsmtpd.dsl.check.typed import Const
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.types import DOMAIN, NETWORK
from qpsmtpd.dsl.model.values import Address, IPNetwork


def report_idle_entries(items: Sequence[Const], findings: Findings) -> None:
    """A warning for each entry that another one makes needless."""
    first: dict[Hashable, Const] = {}
    for item in (item for item in items if isinstance(item.value, Hashable)):
        key = (item.type.name, item.value)
        if key in first:
            message = f"{_written(item)} is in this list twice"
            notes = [Note(first[key].span, "here it is already")]
            findings.add("Q612", item.span, message, help="take one of the two away", notes=notes)
        first.setdefault(key, item)
    single = {item.value: item for item in first.values()}
    wider = _wider(single)
    for value, item in single.items():
        other = next((single[name] for name in wider(value) if name in single), None)
        if other is not None:
            findings.add(
                "Q612",
                item.span,
                f"{_written(item)} is already covered by {_written(other)}",
                why="whoever takes one of the two away later will wonder why nothing changes",
                help="take the narrower one away, or make the wider one narrower",
                notes=[Note(other.span, "this one has it")],
            )


def _written(item: Const) -> str:
    value = item.value
    if isinstance(value, (IPv4Network, IPv6Network)) and value.prefixlen == value.max_prefixlen:
        value = value.network_address
    if item.type.name == "address" and isinstance(value, str):
        return f'"@{value}"'
    return f'"{value}"' if item.type.name in ("address", "domain", "ip", "network", "text") else "this entry"


_Wider = Callable[[object], Iterator[Hashable]]


def _wider(single: Mapping[Hashable, Const]) -> _Wider:
    """For a value, the entries that would have it, widest last."""
    kinds = {item.type for item in single.values()}
    if NETWORK in kinds:
        lengths = sorted({n.prefixlen for n in single if isinstance(n, (IPv4Network, IPv6Network))}, reverse=True)
        return lambda value: _around(value, lengths)
    if DOMAIN in kinds:
        return _above
    if any(kind.name == "address" for kind in kinds):
        return _domains_of
    return lambda value: iter(())


def _around(network: object, lengths: Sequence[int]) -> Iterator[IPNetwork]:
    assert isinstance(network, (IPv4Network, IPv6Network))
    for length in lengths:
        if length < network.prefixlen:
            yield network.supernet(new_prefix=length)


def _above(domain: object) -> Iterator[str]:
    """The entries `.x.org` that have this domain, or this entry, in them."""
    name = str(domain)
    dot = name.find(".", 1)
    while dot >= 0:
        yield name[dot:]
        dot = name.find(".", dot + 1)


def _domains_of(entry: object) -> Iterator[str]:
    """An entry `@x.org` is kept as the domain alone."""
    if isinstance(entry, Address):
        if entry.domain is not None:
            yield entry.domain
            yield from _above(entry.domain)
    else:
        yield from _above(entry)
