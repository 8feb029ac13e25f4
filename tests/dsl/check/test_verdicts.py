"""Verdicts: which hook allows which, and how each is completed."""

from __future__ import annotations

import pytest

from checked_rules import checked
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model.verdicts import Verb

_ONE = [
    ("on connect: accept", "Q302", "trusted = true"),
    ("on disconnect: deny", "Q302", ""),
    ("on mail: discard", "Q302", ""),
    ("on mail: deny 450", "Q303", "`defer 450`"),
    ("on mail: deny 4.7.1", "Q303", "`deny 5.7.1`"),
    ("on mail: defer 550", "Q303", "`deny 550`"),
    ("on mail: accept 550", "Q303", "`deny 550`"),
    ("on mail: deny 5.1", "Q303", "`deny 550`"),
    ('on mail: deny "über"', "Q304", ""),
    ('on mail: deny "a\\tb"', "Q304", ""),
    ('on mail: deny "550 no"', "Q304", '"no"'),
    ('on mail: deny 5.7.1 "5.7.1 no"', "Q304", '"no"'),
    ('on mail: deny "5.7.1 no"', "Q304", '"no"'),
    ("on mail: defer 421", "Q303", "and disconnect"),
    ("on mail: reject", "Q212", "`deny`"),
    ("on mail: return", "Q212", "`skip`"),
    ('on mail: skip "x"', "Q306", ""),
    ("on mail: pass and disconnect", "Q306", ""),
    ("on mail: accept and disconnect", "Q306", ""),
]


@pytest.mark.parametrize(("text", "code", "remedy"), _ONE)
def test_a_verdict_that_cannot_be_is_one_finding_with_a_remedy(text, code, remedy):
    outcome = checked(text)
    assert outcome.codes == [code], outcome.told
    assert remedy in outcome.found[0].help


_COMPLETE = [
    ("on connect: deny", (Verb.DENY, 554, "5.7.1", "Refused by policy", False)),
    ("on mail: deny 5.1.8", (Verb.DENY, 550, "5.1.8", "Refused by policy", False)),
    ('on mail: defer 451 4.3.0 "Later"', (Verb.DEFER, 451, "4.3.0", "Later", False)),
    ("on mail: defer and disconnect", (Verb.DEFER, 421, "4.7.0", "Temporarily refused, closing the connection", True)),
    ("on mail: deny and disconnect", (Verb.DENY, 550, "5.7.1", "Refused by policy", True)),
    ("on rcpt: discard", (Verb.DISCARD, 250, "2.1.5", "Recipient ok", False)),
    ("on mail: skip", (Verb.SKIP, 0, "", "", False)),
    ('on mail: deny """\n        One\n          two\n    """', (Verb.DENY, 550, "5.7.1", "One\n  two", False)),
]


@pytest.mark.parametrize(("text", "expected"), _COMPLETE)
def test_a_verdict_is_completed_from_the_hook(text, expected):
    outcome = checked(text)
    assert outcome.codes == [], outcome.told
    (decide,) = outcome.body(text.split()[1].rstrip(":"))
    assert (decide.verb, decide.code, decide.enhanced, decide.text, decide.disconnect) == expected
    assert decide.message is None


def test_pass_is_nothing():
    assert checked("on mail: pass").body("mail") == ()


def test_a_verdict_without_a_message_takes_the_reason_of_the_lookup_in_its_condition():
    outcome = checked('on connect: if dnsbl("a.example") deny')
    (choose,) = outcome.body("connect")
    (decide,) = choose.then
    assert decide.reason
    assert decide.message is choose.condition.value
    assert decide.text == "Refused by policy"


def test_the_reason_of_two_lookups_is_that_of_the_first_that_answers():
    outcome = checked('on connect: if dnsbl("a.example") or dnsbl("b.example") deny')
    (choose,) = outcome.body("connect")
    message = choose.then[0].message
    assert isinstance(message, typed.Default)
    assert [call.arguments[0].value for call in (message.value, message.otherwise)] == ["a.example", "b.example"]


def test_a_message_of_its_own_or_a_lookup_that_is_not_listed_gives_no_reason():
    for text in ('if dnsbl("a.example") deny "No"', 'unless dnsbl("a.example") deny'):
        (choose,) = checked(f"on connect: {text}").body("connect")
        assert not choose.then[0].reason
        assert choose.then[0].message is None


def test_a_verdict_with_a_wrong_code_is_still_a_verdict():
    outcome = checked("on rcpt: unless rcpthosts(domain) deny 450")
    (choose,) = outcome.body("rcpt")
    assert (choose.then[0].verb, choose.then[0].code) == (Verb.DENY, 550)


def test_rules_are_named_by_label_or_by_file_and_line():
    outcome = checked("on connect:\n    @early\n    if trusted deny\n    deny\n@hello\non helo: deny")
    first, second = outcome.body("connect")
    assert (first.rule, first.then[0].rule, second.rule) == ("early", "early", "rules.q:4")
    assert outcome.body("helo")[0].rule == "hello"
