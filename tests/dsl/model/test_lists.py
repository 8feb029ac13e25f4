"""Lists that rules look into: they hold what a plain list of their entries holds, and cost little however long they are."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import NULL_SENDER, Address, AddressSet, DomainSet, NetworkSet, prefix

# close together and at both ends, so that networks meet, and lie inside of one another
_NUMBERS = {
    bits: st.integers(0, 2**bits - 1) | st.integers(0, 300) | st.integers(2**bits - 300, 2**bits - 1) for bits in (32, 128)
}
_IPS = _NUMBERS[32].map(IPv4Address) | _NUMBERS[128].map(IPv6Address)


def _of_family(bits: int, kind: Any) -> st.SearchStrategy[Any]:
    lengths = st.integers(0, bits) | st.integers(bits - 9, bits)
    return st.tuples(_NUMBERS[bits], lengths).map(lambda made: kind(made, strict=False))


_NETWORKS = _of_family(32, IPv4Network) | _of_family(128, IPv6Network)


@given(st.lists(_NETWORKS, max_size=30), st.lists(_IPS, min_size=1, max_size=5))
def test_a_list_of_networks_has_what_one_of_them_has(networks, ips):
    made = NetworkSet(networks)
    for ip in (*ips, *(n.network_address for n in networks), *(n.broadcast_address for n in networks)):
        assert (ip in made) is any(ip in network for network in networks)


@given(st.lists(_NETWORKS, max_size=30))
def test_the_networks_of_a_list_are_those_that_lie_in_no_other(networks):
    outermost = {n for n in networks if not any(n != o and n.version == o.version and n.subnet_of(o) for o in networks)}
    made = NetworkSet(networks)
    assert list(made) == sorted(outermost, key=lambda n: (n.version, n.network_address))
    assert len(made) == len(outermost)
    assert made.networks == tuple(made)


@given(st.lists(_NETWORKS, max_size=12))
def test_a_list_counts_each_of_its_addresses_once(networks):
    four = collapse_addresses(n for n in networks if n.version == 4)
    six = collapse_addresses(n for n in networks if n.version == 6)
    assert NetworkSet(networks).counts == (sum(n.num_addresses for n in four), sum(n.num_addresses for n in six))


@pytest.mark.parametrize("nothing", [0, "192.0.2.1", None, ip_network("192.0.2.1")])
def test_only_addresses_are_in_a_list_of_networks(nothing):
    assert nothing not in NetworkSet([IPv4Network("0.0.0.0/0")])


_LABELS = st.sampled_from(["a", "b", "Example", "org"])
_NAMES = st.lists(_LABELS, min_size=1, max_size=4).map(".".join)


@given(
    st.lists(st.tuples(st.sampled_from(["", "."]), _NAMES).map("".join), max_size=20), st.lists(_NAMES, min_size=1, max_size=5)
)
def test_a_list_of_domains_has_its_names_and_what_lies_below_dotted_ones(entries, names):
    made = DomainSet(entries)
    for name in names:
        plain = any(name.lower() == e.lower() or (e[0] == "." and name.lower().endswith(e.lower())) for e in entries)
        assert (name in made) is plain
    assert sorted(made) == sorted({e.lower() for e in entries})
    assert len(made) == len({e.lower() for e in entries})


_LOCALS = st.sampled_from(["ann", "ANN", "a@b", "bob"])
_ADDRESSES = st.builds(lambda local, domain: Address(local, domain, f"{local}@{domain}"), _LOCALS, _NAMES.map(str.lower))


@given(st.lists(_ADDRESSES, max_size=8), st.lists(_NAMES, max_size=3), _ADDRESSES | st.just(NULL_SENDER))
def test_a_list_of_addresses_has_them_and_those_of_its_domains(addresses, domains, asked):
    made = AddressSet(addresses, domains)
    assert (asked in made) is (asked in addresses or asked.domain in DomainSet(domains))
    assert len(made) == len({*addresses}) + len({d.lower() for d in domains})
    assert len([*made]) == len(made)


def _mixed(count: int) -> NetworkSet:
    """Prefixes of thirteen lengths, most of them whole addresses."""
    lengths = (32, 32, 32, 32, *range(20, 32))
    spread = ((n * 2_654_435_761) & 0xFFFFFFFF for n in range(count))
    cut = ((number, lengths[number % len(lengths)]) for number in spread)
    return NetworkSet.of_prefixes((prefix(number >> (32 - n) << (32 - n), n) for number, n in cut), ())


def _narrow(count: int) -> NetworkSet:
    spread = ((0x2001 << 112) | (n * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**112 for n in range(count))
    return NetworkSet.of_prefixes((), (prefix(number, 128) for number in spread))


def _names(count: int) -> DomainSet:
    return DomainSet(f"{'.' * (n % 10 == 0)}host{n}.mail{n % 977}.example.org" for n in range(count))


@pytest.mark.parametrize(("made", "most"), [(_mixed, 30), (_narrow, 150), (_names, 150)])
def test_an_entry_of_a_long_list_is_small(made: Callable[[int], object], most: int) -> None:
    count = 150_000
    tracemalloc.start()
    try:
        held = made(count)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept / count < most
    assert held


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (_mixed, ("203.0.113.9", "0.0.0.0", "255.255.255.255")),
        (_narrow, ("2001:db8::1", "::", "fe80::1")),
        (_names, ("host7.mail7.example.org", "x.host10.mail10.example.org", "no.such.example.net")),
    ],
)
def test_a_test_takes_the_same_steps_however_long_the_list_is(made, asked):
    probes = [text if made is _names else ip_address(text) for text in asked]

    def steps(held: Any) -> int:
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(counted)
        try:
            for probe in probes:
                probe in held  # noqa: B015
        finally:
            sys.setprofile(None)
        return count

    assert steps(made(20_000)) <= steps(made(20)) + 3
