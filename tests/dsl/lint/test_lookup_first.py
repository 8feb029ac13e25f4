"""Q620: a lookup is asked before what is known at once."""

from __future__ import annotations

import pytest

from checked_rules import linted

SLOW, CHEAP = 'dnsbl("a.example")', 'ip in ["192.0.2.0/24"]'


@pytest.mark.parametrize(
    "rules",
    [
        f"on connect: if {SLOW} and {CHEAP} deny",
        f"on connect: if {SLOW} or {CHEAP} deny",
        f"on connect: unless {SLOW} and {CHEAP} score += 1 as X",
        f"on connect: if port == 1 and {SLOW} and {CHEAP} deny",
        f"on connect: if trusted or ({SLOW} and {CHEAP}) deny",
        f"on connect if {SLOW} and {CHEAP}: deny",
        f"on connect:\n    let both = {SLOW} and {CHEAP}\n    if both deny",
        f"on connect:\n    if {SLOW} deny\n    if {CHEAP} deny",
        f"on connect: if {SLOW} deny\non connect: if {CHEAP} deny",
        f"on connect unless trusted:\n    if {SLOW} deny\n    if standing() == bad deny\n    if {CHEAP} deny\n    if port == 3 deny",
        f"on rcpt:\n    if {SLOW} deny\n    unless rcpthosts(domain) deny",
    ],
)
def test_what_is_known_at_once_should_stand_first(rules):
    assert linted(rules).codes == ["Q620"]


@pytest.mark.parametrize(
    "rules",
    [
        f"on connect: if {CHEAP} and {SLOW} deny",
        f"on connect: if {SLOW} and standing() == good deny",
        f"on connect: if {SLOW} and ({CHEAP} or standing() == good) deny",
        f"on connect:\n    if {CHEAP} deny\n    if {SLOW} deny",
        f"on connect:\n    if {SLOW} deny\n    if {CHEAP} defer",
        f"on connect:\n    if {SLOW} deny\n    if {CHEAP} trusted = true",
        f"on connect:\n    if {SLOW} deny\n    score += 1\n    if {CHEAP} deny",
        f"on connect:\n    if {SLOW} score += 1\n    if score > 0 deny",
        f"on mail:\n    if {SLOW} deny\n    if {CHEAP} accept",
        f"on connect:\n    if {SLOW} deny\n    if {CHEAP} deny and disconnect",
        f"on connect:\n    if {SLOW} deny at rcpt\n    if {CHEAP} deny at rcpt",
        f"on connect:\n    if {SLOW} deny unknown defer\n    if {CHEAP} deny",
    ],
)
def test_where_the_order_matters_or_is_right_nothing_is_said(rules):
    assert linted(rules).codes == []


def test_the_first_of_several_cheap_rules_is_told_of_with_the_line_to_move_it_to():
    (finding,) = linted(f"on connect:\n    if {SLOW} deny\n    if {CHEAP} deny\n    if port == 3 deny").found
    assert (finding.line, finding.help) == (3, "move it above line 2")
