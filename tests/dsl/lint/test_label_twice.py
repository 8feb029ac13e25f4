"""Q615: labels that two rules have."""

from __future__ import annotations

import pytest

from checked_rules import linted


@pytest.mark.parametrize(
    "rules",
    [
        "@a\non mail: if esmtp deny\n@a\non helo: deny",
        "@a\non mail:\n    @a\n    if esmtp deny",
        "on mail:\n    if esmtp:\n        @a\n        deny\n    elif trusted:\n        deny\n    else:\n        @a\n        deny",
        "on mail:\n    @a\n    if esmtp deny\n    match listener:\n        case default:\n            @a\n            deny",
        "policy p():\n    @a\n    on mail: if esmtp deny\napply p()\n@a\non helo: deny",
        "policy p():\n    on mail: if esmtp deny\n@a\napply p()\n@a\non helo: deny",
    ],
)
def test_two_rules_with_one_label_are_found(rules):
    outcome = linted(rules)
    assert outcome.codes == ["Q615"], outcome.told


def test_a_label_in_a_policy_that_is_applied_twice_is_one_label():
    assert linted("policy p():\n    @a\n    on mail: if esmtp deny\napply p()\napply p()").codes == []


def test_a_label_of_a_used_file_is_seen():
    (finding,) = linted('use "site.q"\n@a\non helo: deny', {"site.q": "@a\non mail: deny\n"}).found
    assert (finding.code, finding.line, finding.notes[0].span.file) == ("Q615", 2, "site.q")
