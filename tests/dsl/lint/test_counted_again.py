"""Q631: two calls that count by one key."""

from __future__ import annotations

import pytest

from meta.rules_text import FILES, codes, compiled, completed

TWO_LISTENERS = """\
listener a:
    bind = "127.0.0.1:0"
listener b:
    bind = "127.0.0.1:0"
on mail at a: if rate(ip) > 10/1m defer
on mail at b: if rate(ip) > 100/1h defer
"""


def found(rules: str) -> list[str]:
    return codes(compiled(completed(rules), FILES), "error", "warning")


@pytest.mark.parametrize(
    "rules",
    [
        "on mail:\n    if rate(ip) > 10/1m defer\n    if rate(ip) > 100/1h defer",
        "on mail: if rate(ip) > 10/1m or rate(ip, over = 2d) > 100/1h defer",
        "on connect: if rate(ip) > 10/1m defer\non mail: if rate(ip) > 100/1h defer",
        'on mail:\n    if rate(ip, name = "a") > 10/1m defer\n    if rate(ip, "a") > 100/1h defer',
        "define busy() = rate(ip) > 10/1m\non mail: if busy() defer\non data: if busy() defer",
        "apply greylisting()\napply greylisting()",
        "shadow on mail:\n    if rate(ip) > 10/1m defer\n    if rate(ip) > 100/1h defer",
    ],
)
def test_what_is_counted_twice_is_found(rules: str) -> None:
    assert found(rules) == ["Q631"]


@pytest.mark.parametrize(
    "rules",
    [
        "on mail:\n    let r = rate(ip)\n    if r > 10/1m or r > 100/1h defer",
        'on connect: if rate(ip) > 10/1m defer\non mail: if rate(ip, name = "mails") > 100/1h defer',
        "on mail:\n    if rate(ip) > 10/1m defer\n    if rate(sender) > 100/1h defer",
        "on mail:\n    if esmtp:\n        if rate(ip) > 10/1m defer\n    else:\n        if rate(ip) > 5/1m defer",
        "apply greylisting()\napply greylisting(by_recipient = true)",
        "shadow on mail: if rate(ip) > 10/1m defer\non mail: if rate(ip) > 100/1h defer",
        TWO_LISTENERS,
    ],
)
def test_what_is_counted_apart_or_once_is_fine(rules: str) -> None:
    assert found(rules) == []
