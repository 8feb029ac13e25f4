from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library_doubles import address
from qpsmtpd.dsl.model.values import NULL_SENDER, Address, AddressSet
from qpsmtpd.stdlib.data.addresses import addresses, read


def faults_of(text: str) -> list[tuple[int, str, str]]:
    faults: list[tuple[int, str, str]] = []
    read(text, lambda line, code, message, _=0: faults.append((line, code, message)))
    return faults


def well_read(text: str) -> AddressSet:
    assert faults_of(text) == []
    return read(text, lambda *_: None)


def test_addresses_whole_domains_and_what_lies_below_one_are_read() -> None:
    found = well_read("# unwanted\nAnn@Example.net\n\n@example.com # all\n<bob@example.net>\n@.example.edu\na#b@example.net\r\n")
    inside = ["ann@example.net", "ANN@example.net", "x@example.com", "bob@example.net", "x@a.example.edu", "a#b@example.net"]
    outside = ["eve@example.net", "x@a.example.com", "x@example.edu"]
    assert [address(text) in found for text in inside] == [True] * len(inside)
    assert [address(text) in found for text in outside] == [False] * len(outside)
    assert NULL_SENDER not in found


def test_a_quoted_local_part_is_the_address_that_it_spells() -> None:
    found = well_read('"john doe"@example.net\n"a\\"b"@example.net\n"plain"@example.net\n')
    assert all(Address(local, "example.net", "") in found for local in ("john doe", 'a"b', "plain"))


def test_an_international_domain_is_read_as_its_a_label() -> None:
    assert address("ann@xn--bcher-kva.example") in well_read("ann@bücher.example")


def test_the_function_hands_on_what_the_file_says() -> None:
    found = well_read("ann@example.net")
    assert addresses(found) is found


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("example.net", "@domain"),
        ("*@example.net", '"@example.net"'),
        ("ann@", "not a domain"),
        ("@", "not a domain"),
        ("ann@net", '"net.example.org"'),
        ("@*", "name your domains"),
        ("a b@example.net", "local part"),
        (".a@example.net", "local part"),
        ("a..b@example.net", "local part"),
        ("ä@example.net", "local part"),
        ("a@b@example.net", "local part"),
        ("x" * 65 + "@example.net", "64 characters"),
        ("ann@example.net, bob@example.net", "local part"),
    ],
)
def test_a_line_that_is_no_address_is_reported_with_what_was_meant(entry: str, meant: str) -> None:
    ((line, code, message),) = faults_of(f"eve@example.org\n{entry}\n")
    assert (line, code) == (2, "Q702")
    assert meant in message


def test_entries_that_are_there_already_or_covered_are_reported() -> None:
    assert faults_of("ann@example.net\nANN@example.net\nbob@a.example.com\n@.example.com\n@.example.com\n") == [
        (2, "Q703", '"ANN@example.net" is already on line 1'),
        (5, "Q703", '"@.example.com" is already on line 4'),
        (3, "Q703", '"bob@a.example.com" is already covered by "@.example.com" on line 4'),
    ]


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    reported = faults_of(text)
    assert all(code in ("Q702", "Q703") and 1 <= line <= text.count("\n") + 1 and message for line, code, message in reported)
