"""Q602: declarations that nothing uses."""

from __future__ import annotations

import pytest

from checked_rules import checked


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("let a = 3", "`let a` is never used"),
        ("var v = 0 per connection\non mail: v += 1", "`var v` is never read"),
        ("define f(a, b) = a > 1\non mail: if f(1, 2) deny", "`b` is never used in `f`"),
        ("policy p(a: number = 1):\n    on mail: deny\napply p()", "`a` is never used in `p`"),
        ("policy p(reject: verb = deny):\n    on mail: deny\napply p()", "`reject` is never used in `p`"),
        ("policy p():\n    let a = 1\n    on mail: deny\napply p()", "`let a` is never used"),
        ("policy p():\n    var v = 1 per connection\n    on mail: v += 1\napply p()", "`var v` is never read"),
        ("policy p():\n    on mail: deny\non mail: if esmtp deny", "`policy p` is never applied"),
        ("on mail:\n    let a = score\n    deny", "`let a` is never used"),
        ("on mail:\n    if esmtp:\n        let a = score\n    deny", "`let a` is never used"),
        ("policy p():\n    on mail:\n        let a = score\n        deny\napply p()", "`let a` is never used"),
    ],
)
def test_what_nothing_uses_is_found(rules, message):
    outcome = checked(rules)
    assert [(f.code, f.message) for f in outcome.found] == [("Q602", message)]


@pytest.mark.parametrize(
    "rules",
    [
        "define f(a) = a > 1\non mail: if f(1) deny",
        'policy p(a: number = 1, reject: verb = deny):\n    on mail: if score > a reject "{{ a }}"\napply p()',
        'policy p(word: text = "x"):\n    on mail: deny "{{ word }}"\napply p()',
        "policy p(a: number = 1):\n    let b = a\n    on mail: if score > b deny\napply p()",
        "policy p(a: number = 1):\n    apply q(a)\npolicy q(a: number):\n    on mail: if score > a deny\napply p()",
        "policy p(a: bool = true):\n    on mail if a: deny\napply p()",
        "policy p():\n    var v = 1 per connection\n    on mail: if v > 1 deny\n    on helo: v += 1\napply p()\napply p()",
        'on mail:\n    let a = score\n    deny "{{ a }}"',
        "on mail:\n    let a = score\n    let b = a\n    if b > 1 deny",
        'policy p(reject: verb = deny):\n    on mail:\n        let a = score\n        if esmtp reject "{{ a }}"\napply p(reject = pass)',
    ],
)
def test_what_is_used_somewhere_is_none(rules):
    outcome = checked(rules)
    assert outcome.codes == [], outcome.told


def test_where_a_rule_is_not_understood_nothing_is_called_unused():
    assert checked("let a = 3\non mail:\n    let b = 3\n    if scoree > a deny").codes == ["Q201"]
