"""Values that may be absent: what makes them usable, and what does not."""

from __future__ import annotations

import pytest

from checked_rules import checked

_USE = 'domain == "x.org"'
_TESTED = [
    'on mail: if domain and domain == "x.org" deny',
    'on mail: if sender.domain and domain == "x.org" and sender.local == "x" deny',
    'on mail:\n    if domain:\n        if domain == "x.org" deny',
    'on mail:\n    unless domain deny\n    if domain == "x.org" deny',
    'on mail:\n    unless sender.domain skip\n    if domain == "x.org" deny',
    'on mail:\n    if sender == <> accept\n    if domain == "x.org" deny',
    'on mail: unless sender == <> or domain == "x.org" deny',
    'on mail: if sender != <> and domain == "x.org" deny',
    'on mail:\n    if sender == <>:\n        score += 1\n    elif sender.domain == "x.org":\n        deny',
    'define bounce() = <> == sender\non mail: unless bounce(): if domain == "x.org" deny'.replace(
        ": if", ":\n        if"
    ).replace("on mail: unless", "on mail:\n    unless"),
    'on mail unless sender == <>: if domain == "x.org" deny',
    'on mail:\n    let d = sender.domain\n    if d and d == "x.org" deny',
    'on mail: if domain != none and domain == "x.org" deny',
    'on mail: unless domain == none or domain == "x.org" deny',
    'on mail: if params["A"] and params["A"] == "x" deny',
    'define foreign(d) = d and d == "x.org"\non mail: if foreign(sender.domain) deny',
    'on mail:\n    if domain:\n        score += 1\n    else:\n        deny\n    if domain == "x.org" deny',
]


@pytest.mark.parametrize("text", _TESTED)
def test_a_value_that_was_tested_may_be_used(text):
    outcome = checked(text)
    assert outcome.codes == [], outcome.told


_UNTESTED = [
    'on mail: if domain or domain == "x.org" deny',
    'on mail: if domain == "x.org" and domain deny',
    'on mail:\n    if domain:\n        score += 1\n    if domain == "x.org" deny',
    'on mail:\n    unless domain:\n        score += 1\n    if domain == "x.org" deny',
    'on mail: if not domain and domain == "x.org" deny',
    'on mail: if sender == <> and domain == "x.org" deny',
    'on mail:\n    unless domain:\n        if score > 3 deny\n    if domain == "x.org" deny',
    'on mail:\n    if score > 3:\n        unless domain deny\n    if domain == "x.org" deny',
    'on mail: if params["A"] and params["B"] == "x" deny',
    'on mail: if (domain and score > 3) or domain == "x.org" deny',
]


@pytest.mark.parametrize("text", _UNTESTED)
def test_a_value_that_was_not_tested_on_this_way_may_not_be_used(text):
    outcome = checked(text)
    assert outcome.codes == ["Q405"], outcome.told


def test_the_finding_says_when_the_value_is_absent():
    (finding,) = checked(f"on mail: if {_USE} deny").found
    assert "null sender" in finding.why


def test_the_parts_of_a_recipient_are_always_there():
    assert checked('on rcpt: if recipient.domain == "x.org" and recipient.local == "y" deny').codes == []


def test_a_header_field_that_was_tested_may_be_gone_after_an_effect():
    tested = "on data_post:\n    unless header.subject skip\n"
    used = '    if header.subject == "x" deny'
    assert checked(tested + used).codes == []
    assert checked(f'{tested}    add_header("X", "y")\n{used}').codes == ["Q405"]
    assert checked(f'{tested}    if trusted add_header("X", "y")\n{used}').codes == ["Q405"]


@pytest.mark.parametrize(
    "text",
    [
        'on helo:\n    if helo.domain:\n        if helo.domain and helo.domain in [".x.example"] deny',
        'define dynamic() = helo.domain and helo.domain in [".x.example"]\non helo: if helo.domain and dynamic() deny',
        "on mail:\n    if sender.domain:\n        if sender.domain == none deny",
        "on mail: if sender != <> and sender.domain deny",
        "on mail:\n    unless sender.domain accept\n    unless sender.domain != none deny",
    ],
)
def test_what_was_tested_may_be_tested_again(text):
    outcome = checked(text)
    assert set(outcome.codes) <= {"Q601"}, outcome.told
