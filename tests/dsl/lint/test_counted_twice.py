"""Q621: one event that adds to the score more than once."""

from __future__ import annotations

import pytest

from checked_rules import linted

LISTED = 'if dnsbl("a.example") score +='


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        (f"on mail:\n    {LISTED} 2\n    {LISTED} 3", [3]),
        (f"on mail:\n    {LISTED} 2 as A\n    {LISTED} 3 as B", [3]),
        (f"on connect: {LISTED} 2\non mail unless trusted: {LISTED} 3", [2]),
        (f'on mail:\n    {LISTED} 2\n    if dnsbl("a.example"):\n        karma -= 1\n        score += 1', [5]),
        (
            "on mail:\n    match spf():\n        case fail: score += 2\n        case pass, none, temperror: pass\n    if sender == <> score += 1\n    if sender == <> score += 2",
            [6],
        ),
        (
            "on mail:\n    match spf():\n        case fail: score += 2\n        case pass, none, temperror: pass\n    match spf():\n        case fail: score += 2\n        case pass, none, temperror: pass",
            [6],
        ),
        (f"policy listed():\n    on mail: {LISTED} 2\napply listed()\napply listed()", [4]),
        (f"on rcpt: {LISTED} 2", [1]),
        (f"on rcpt unless trusted: {LISTED} 2", [1]),
        ("on rcpt: if sender == <> score += 2", [1]),
    ],
)
def test_what_counts_again_is_found(rules, lines):
    assert [(f.code, f.line) for f in linted(rules).found] == [("Q621", line) for line in lines]


@pytest.mark.parametrize(
    "rules",
    [
        f"on mail:\n    {LISTED} 2 as A\n    {LISTED} 3 as A",
        f'on mail:\n    {LISTED} 2\n    if dnsbl("b.example") score += 2',
        'on mail:\n    if dnsbl("a.example"):\n        score += 2 as A\n        score += 1 as B',
        f"on mail:\n    if esmtp:\n        {LISTED} 2\n    else:\n        {LISTED} 3",
        f"on mail:\n    if standing() == good:\n        {LISTED} 2\n    unless standing() == good:\n        {LISTED} 3",
        "on mail: if sender == <> score += 1\non data: if sender == <> score += 1",
        f"shadow on mail: {LISTED} 1\non mail: {LISTED} 1",
        "on mail unless trusted: score += 1\non mail unless trusted: score += 2",
        f'listener a:\n    bind = "127.0.0.1:2525"\nlistener b:\n    bind = "127.0.0.1:2526"\non mail at a: {LISTED} 1\non mail at b: {LISTED} 2',
        f"on rcpt: {LISTED} 2 as LISTED",
        'on rcpt: if recipient.local == "x" score += 2',
        f'on rcpt:\n    if recipient.local == "x":\n        {LISTED} 2',
        "on rcpt: if len(recipients) > 3 score += 1",
        "on rcpt: if score > 3 score += 1",
        "on rcpt: score += 1",
        "on rcpt: if standing() == bad score += 1",
    ],
)
def test_what_counts_once_is_none(rules):
    assert linted(rules).codes == [], linted(rules).told
