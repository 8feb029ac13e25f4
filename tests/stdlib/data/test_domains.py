from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import DomainSet
from qpsmtpd.stdlib.data.domains import domains, read


def faults_of(text: str) -> list[tuple[int, str, str]]:
    faults: list[tuple[int, str, str]] = []
    read(text, lambda line, code, message, _=0: faults.append((line, code, message)))
    return faults


def well_read(text: str) -> DomainSet:
    assert faults_of(text) == []
    return read(text, lambda *_: None)


def test_entries_are_read_as_qpsmtpd_writes_them() -> None:
    found = well_read("\ufeff# ours\r\n\n  Example.ORG  # the main one\r\n.Example.com\n\tlocalhost\nexample.net.\n")
    assert list(found) == ["example.net", "example.org", "localhost", ".example.com"]


def test_an_international_name_is_read_as_its_a_label() -> None:
    found = well_read("Bücher.example\n.日本.example\n")
    assert "xn--bcher-kva.example" in found
    assert "a.xn--wgv71a.example" in found


def test_the_function_hands_on_what_the_file_says() -> None:
    found = well_read("example.org")
    assert domains(found) is found


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("*", "name your domains"),
        ("*.example.org", '".example.org"'),
        ("org", '"org.example.org"'),
        (".org", '".example.org"'),
        ("ann@example.org", '"example.org"'),
        ("@example.org", '"example.org"'),
        ("http://example.org/", "its host name"),
        ("192.0.2.0/24", "an IP address or network"),
        ("192.0.2.1", "an IP address or network"),
        ("[192.0.2.1]", "an IP address or network"),
        ("2001:db8::1", "an IP address or network"),
        ("a.example b.example", "one a line"),
        ("a..example", "single dots"),
        ("-a.example", "inner hyphens"),
        ("a_b.example", "letters, digits"),
        ("a/b.example", "letters, digits"),
        ("..example.org", "single dots"),
        (".", "is not a domain name"),
        ("a" * 64 + ".example", "too long"),
        (".".join(["abcdefg"] * 33), "too long"),
        ("a\u0301\u2028b.example", "international"),
    ],
)
def test_a_line_that_is_no_domain_is_reported_with_what_was_meant(entry: str, meant: str) -> None:
    ((line, code, message),) = faults_of(f"example.org\n{entry}\n")
    assert (line, code) == (2, "Q702")
    assert meant in message


def test_every_wrong_line_is_reported_in_one_run_and_the_right_ones_still_count() -> None:
    assert [line for line, _, _ in faults_of("*\nexample.org\nb b\nc c\n")] == [1, 3, 4]
    assert list(read("*\nexample.org\n", lambda *_: None)) == ["example.org"]


def test_an_entry_that_is_there_already_is_reported_with_its_first_line() -> None:
    assert faults_of("example.org\n\nExample.org.\n") == [(3, "Q703", '"Example.org." is already on line 1')]


def test_an_entry_below_a_dotted_one_is_reported_wherever_it_stands() -> None:
    assert faults_of("a.b.example.org\n.example.org\nexample.org\n.c.example.org\n") == [
        (1, "Q703", '"a.b.example.org" is already covered by ".example.org" on line 2'),
        (4, "Q703", '".c.example.org" is already covered by ".example.org" on line 2'),
    ]


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    reported = faults_of(text)
    assert all(code in ("Q702", "Q703") and 1 <= line <= text.count("\n") + 1 and message for line, code, message in reported)
