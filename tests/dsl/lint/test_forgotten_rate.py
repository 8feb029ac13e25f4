"""Q630: limits of a longer time than a rate remembers."""

from __future__ import annotations

import pytest

from meta.rules_text import FILES, codes, compiled, completed


def found(rules: str) -> list[str]:
    return codes(compiled(completed(rules), FILES), "error", "warning")


@pytest.mark.parametrize(
    "rules",
    [
        "on mail: if rate(ip) > 10/2d defer",
        "on mail: if 10/2d < rate(ip) defer",
        "on mail: if rate(ip, over = 1h) >= 10/61m and not relay defer",
        "on mail:\n    let r = rate(ip, over = 1h)\n    if r > 10/1m or r > 100/1d defer",
        "let limit = 10/7d\ndefine many() = rate(ip) > limit\non mail: if many() defer",
        "policy p(limit: rate):\n    on mail: if rate(ip) > limit defer\napply p(limit = 5/2d)",
    ],
)
def test_a_limit_for_longer_than_is_remembered_is_found(rules: str) -> None:
    assert found(rules) == ["Q630"]


@pytest.mark.parametrize(
    "rules",
    [
        "on mail: if rate(ip) > 10/1d defer",
        "on mail: if rate(ip, over = 2d) > 10/2d defer",
        "on mail:\n    let r = rate(ip, over = 7d)\n    if r > 10/1m or r > 100/7d defer",
    ],
)
def test_a_limit_within_what_is_remembered_is_fine(rules: str) -> None:
    assert found(rules) == []
