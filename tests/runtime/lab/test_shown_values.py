"""Values as people see them: much as the rules write them."""

from __future__ import annotations

import enum
from ipaddress import IPv4Address

import pytest

from library_doubles import address
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.types import list_of, optional
from qpsmtpd.dsl.model.values import DEFER, NULL_SENDER, UNKNOWN, DomainSet, Listing, Rate
from qpsmtpd.runtime.lab.shown_values import shown, spelled_call
from qpsmtpd.stdlib import catalogue


class Result(enum.StrEnum):
    SOFTFAIL = "softfail"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, optional(t.TEXT), "none"),
        (True, t.BOOL, "true"),
        (UNKNOWN, t.BOOL, "unknown"),
        (DEFER, t.BOOL, "unknown"),
        (2.5, t.NUMBER, "2.5"),
        (3, t.NUMBER, "3"),
        (90.0, t.DURATION, "90s"),
        (3600.0, optional(t.DURATION), "1h"),
        (0.25, t.DURATION, "0.25s"),
        (1_767_268_800.0, t.TIME, "2026-01-01T12:00:00Z"),
        (999, t.SIZE, "999B"),
        (25_000, t.SIZE, "25KB"),
        ('say "x"\n', t.TEXT, '"say \\"x\\"\\n"'),
        ("example.org", t.DOMAIN, "example.org"),
        (IPv4Address("192.0.2.1"), t.IP, "192.0.2.1"),
        (address("a@example.org"), t.ADDRESS, "a@example.org"),
        (NULL_SENDER, t.ADDRESS, "<>"),
        (Result.SOFTFAIL, t.TEXT, "softfail"),
        (Rate(300, 3600.0), t.RATE, "300/1h"),
        (Listing(("127.0.0.2",), "spam"), t.TEXT, 'listing(codes = ["127.0.0.2"], reason = "spam")'),
        (Listing((), ""), t.TEXT, "listing()"),
        (("a", "b"), list_of(t.TEXT), '["a", "b"]'),
        (tuple(range(9)), list_of(t.NUMBER), "[0, 1, 2, 3, 4, … 9 in all]"),
        (DomainSet(["a.example", "b.example"]), list_of(t.DOMAIN), "a list of 2"),
        ("x" * 500, t.TEXT, '"' + "x" * 118 + "…"),
    ],
)
def test_a_value_is_shown_in_one_short_line(value, kind, text):
    assert shown(value, kind) == text


def test_a_call_is_spelled_without_what_is_by_default():
    assert spelled_call(catalogue()["dnsbl"], ("zen.example.net", ())) == 'dnsbl("zen.example.net")'
    assert spelled_call(catalogue()["earlytalker"], (2.0,)) == "earlytalker(2s)"
    assert spelled_call(catalogue()["rcpthosts"], ("example.org", object())) == 'rcpthosts("example.org")'
