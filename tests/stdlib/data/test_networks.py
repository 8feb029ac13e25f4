from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import NetworkSet
from qpsmtpd.stdlib.data.networks import networks, read


def faults_of(text: str) -> list[tuple[int, str, str]]:
    faults: list[tuple[int, str, str]] = []
    read(text, lambda line, code, message, _=0: faults.append((line, code, message)))
    return faults


def well_read(text: str) -> NetworkSet:
    assert faults_of(text) == []
    return read(text, lambda *_: None)


def test_entries_are_read_as_qpsmtpd_writes_them() -> None:
    found = well_read(
        "# ours\n192.0.2.0/24  # office\n\n198.51.100.7\r\n10.\n172.16.\n203.0.113.\n2001:DB8:1::/48\n2001:db8:2:\n::1\n"
    )
    assert [str(network) for network in found] == [
        "10.0.0.0/8", "172.16.0.0/16", "192.0.2.0/24", "198.51.100.7/32", "203.0.113.0/24",
        "::1/128", "2001:db8:1::/48", "2001:db8:2::/48",
    ]  # fmt: skip


@pytest.mark.parametrize(("ip", "inside"), [("192.0.2.0", True), ("192.0.2.255", True), ("192.0.3.0", False), ("::ffff", False)])
def test_a_network_has_its_first_and_its_last_address(ip: str, inside: bool) -> None:
    assert (ip_address(ip) in well_read("192.0.2.0/24\n2001:db8::/32")) is inside


def test_the_function_hands_on_what_the_file_says() -> None:
    found = well_read("192.0.2.1")
    assert networks(found) is found


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("192.0.2.1/24", "192.0.2.0/24"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.0/33", "from 0 to 32"),
        ("192.0.2.0/", "from 0 to 32"),
        ("192.0.2.0/-1", "from 0 to 32"),
        ("192.0.2.0/２４", "from 0 to 32"),
        ("2001:db8::/129", "from 0 to 128"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("*", "everybody"),
        ("192.0.2.*", "192.0.2."),
        ("192.0.2.0-192.0.2.127", "range"),
        ("192.0.2", "all four numbers"),
        ("192.0.2.256", "from 0 to 255"),
        ("192.0.02.1", "leading zeros"),
        ("300.", "from 0 to 255"),
        ("192.0.2.1 192.0.2.2", "one a line"),
        ("mail.example.org", "is a name"),
        ("fe80::1%eth0", "is not a network"),
        ("\x00", "is not a network"),
        (".", "is not"),
        (":", "is not"),
        ("/", "is not"),
    ],
)
def test_a_line_that_is_no_network_is_reported_with_what_was_meant(entry: str, meant: str) -> None:
    ((line, code, message),) = faults_of(f"198.51.100.0/24\n{entry}\n")
    assert (line, code) == (2, "Q702")
    assert meant in message


def test_an_entry_that_is_there_already_is_reported_with_its_first_line() -> None:
    assert faults_of("192.0.2.0/24\n192.0.2.\n2001:db8::/32\n2001:DB8:0::/32\n0.0.0.0\n0.0.0.0") == [
        (2, "Q703", "192.0.2.0/24 is already on line 1"),
        (4, "Q703", "2001:db8::/32 is already on line 3"),
        (6, "Q703", "0.0.0.0/32 is already on line 5"),
    ]


def test_an_entry_inside_another_is_reported_wherever_it_stands() -> None:
    assert faults_of("192.0.2.9\n10.0.0.0/8\n192.0.2.0/24\n2001:db8::1\n2001:db8::/32\n") == [
        (1, "Q703", "192.0.2.9/32 is already covered by 192.0.2.0/24 on line 3"),
        (4, "Q703", "2001:db8::1/128 is already covered by 2001:db8::/32 on line 5"),
    ]


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    reported = faults_of(text)
    assert all(code in ("Q702", "Q703") and 1 <= line <= text.count("\n") + 1 and message for line, code, message in reported)


_prefix = st.integers(0, 32).flatmap(
    lambda n: st.integers(0, 2**n - 1 if n else 0).map(lambda s: f"{IPv4Address(s << 32 - n)}/{n}")
)


@given(st.lists(_prefix, max_size=8), st.integers(0, 2**32 - 1).map(IPv4Address))
def test_the_set_has_what_its_networks_have(lines: list[str], ip: IPv4Address) -> None:
    found = read("\n".join(lines), lambda *_: None)
    assert (ip in found) is any(ip in ip_network(line) for line in lines)
