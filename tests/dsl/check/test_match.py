"""`match`: every value has its case, fields are there where their value is, and a failure is never passed over."""

from __future__ import annotations

import pytest

from checked_rules import checked
from qpsmtpd.dsl.check import typed

_SPF = "on mail:\n    match spf():\n"
_SCAN = "on data_post:\n    let found = scan()\n    match found:\n"


def _cases(*cases: str, head: str = _SPF) -> list[str]:
    return checked(head + "".join(f"        case {case}\n" for case in cases)).codes


def test_a_match_over_all_values_is_well():
    assert _cases("fail: deny", "pass, none, temperror: pass") == []


@pytest.mark.parametrize(
    ("cases", "codes"),
    [
        (("fail: deny", "pass, none: pass"), ["Q412"]),
        (("softfial: deny", "pass, none, fail, temperror: pass"), ["Q412"]),
        (("fail: deny", "pass, none, fail, temperror: pass"), ["Q412"]),
    ],
)
def test_a_forgotten_or_strange_or_double_case_is_one_finding(cases, codes):
    assert _cases(*cases) == codes


def test_else_covers_the_rest_but_not_what_a_failure_gives():
    assert _cases("fail: deny", "temperror: pass") == ["Q412"]
    assert checked(_SPF + "        case fail: deny\n        case temperror: pass\n        else: pass\n").codes == []
    (finding,) = checked(_SPF + "        case fail: deny\n        else: pass\n").found
    assert finding.code == "Q412" and "`temperror`" in finding.message and "does not come" in finding.why


def test_an_else_with_nothing_left_for_it_is_said():
    text = _SPF + "        case fail, none, pass: pass\n        case temperror: pass\n        else: deny\n"
    assert checked(text).codes == ["Q413"]


def test_a_field_is_there_in_the_case_of_its_value_only():
    rest = "        case clean, error: pass\n"
    assert checked(_SCAN + '        case infected: deny "{{ found.name }}"\n' + rest).codes == []
    assert checked(
        _SCAN + '        case infected: pass\n        case clean: deny "{{ found.name }}"\n        case error: pass\n'
    ).codes == ["Q405"]
    assert checked(_SCAN + "        case infected: pass\n" + rest + '    if found.name deny "{{ found.name }}"\n').codes == []


def test_the_reason_of_the_value_becomes_the_text():
    body = checked(_SCAN + "        case infected: deny\n        case clean, error: pass\n").body("data_post")
    match = body[1]
    assert isinstance(match, typed.Match)
    (decided,) = match.cases[0].body
    assert isinstance(decided, typed.Decide) and decided.reason and isinstance(decided.message, typed.Local)


def test_values_are_compared_by_name():
    assert checked("on mail: if spf() == fail deny").codes == []
    assert checked("on mail: if spf() in [fail, none] deny").codes == []
    assert checked("on data_post: if scan() == infected deny").codes == []
    (finding,) = checked("on mail: if spf() == fial deny").found
    assert (finding.code, finding.help) == ("Q201", "did you mean `fail`?")


def test_the_listener_is_an_enumeration_of_those_declared():
    two = 'listener mx:\n    bind = "127.0.0.1:0"\nlistener out:\n    bind = "127.0.0.1:0"\n'
    assert checked(two + "on mail: if listener == out deny").codes == []
    assert checked(two + "on mail:\n    match listener:\n        case mx: deny\n").codes == ["Q412"]
    assert checked(two + "on mail: if listener == inn deny").codes == ["Q201"]


@pytest.mark.parametrize("subject", ["helo", "score", "trusted", "sender", 'dnsbl("a.b")'])
def test_only_an_enumeration_can_be_matched(subject):
    (finding,) = checked(f"on mail:\n    match {subject}:\n        case x: deny\n").found
    assert finding.code == "Q411"
