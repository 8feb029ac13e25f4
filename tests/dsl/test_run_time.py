"""Rules that check clean do what they say when mail comes: types as the checker sees them against values as the engine has them."""

from __future__ import annotations

import pytest

from rules_in_dialogue import Served

ENVELOPE = (b"EHLO Client.Example.NET", b"MAIL FROM:<Ann@Example.net> SIZE=100", b"RCPT TO:<PostMaster@Example.org>")


@pytest.mark.parametrize(
    "condition",
    [
        'recipient.local == "postmaster"',
        '"POSTMASTER" == recipient.local',
        'recipient.local in ["abuse", "PostMaster"]',
        'not (recipient.local != "postmaster")',
        'sender.local and sender.local == "ANN"',
        'sender.local ?? "" == "ann"',
        'local_is("postmaster")',
        'recipient.local != sender.local ?? ""',
        'recipient == "postmaster@EXAMPLE.org"',
    ],
)
def test_local_parts_are_compared_without_regard_to_case(condition):
    rules = f'define local_is(name) = recipient.local == name\non rcpt: if {condition} log("yes")\n'
    if "local_is" not in condition:
        rules = rules.split("\n", 1)[1]
    talk = Served(rules)
    talk.say(*ENVELOPE)
    assert talk.logged == ["yes"]


def test_a_local_part_keeps_its_spelling_in_a_text():
    talk = Served('on rcpt: log("{{ recipient.local }}")')
    talk.say(*ENVELOPE)
    assert talk.logged == ["PostMaster"]


@pytest.mark.parametrize("condition", ['helo == "CLIENT.example.net"', 'helo in ["Client.Example.NET"]'])
def test_the_name_in_helo_is_compared_without_regard_to_case(condition):
    talk = Served(f'on helo: if {condition} log("yes")')
    talk.say(*ENVELOPE)
    assert talk.logged == ["yes"]


@pytest.mark.parametrize("keyword", ["SIZE", "size", "Size"])
def test_a_parameter_is_found_however_its_keyword_is_written(keyword):
    talk = Served(f'on mail: if params["{keyword}"] log("yes")')
    talk.say(*ENVELOPE)
    assert talk.logged == ["yes"]


def test_karma_is_rounded_to_two_decimals_like_the_score():
    talk = Served('on connect: karma += 0.1\non helo: karma += 0.2\non mail: if karma == 0.3 log("yes")')
    talk.say(*ENVELOPE)
    assert talk.logged == ["yes"]


@pytest.mark.parametrize(("sign", "year"), [("+", "9999-12-31"), ("-", "0001-01-01")])
def test_a_time_beyond_all_years_can_still_be_written(sign, year):
    talk = Served(f'on mail:\n    let then = now {sign} 99999999999999w\n    log("{{{{ then }}}}")')
    talk.say(*ENVELOPE)
    assert [text[:10] for text in talk.logged] == [year]


def test_an_address_literal_is_the_same_in_rules_and_in_an_envelope():
    talk = Served('on mail: if sender == "ann@[IPv6:2001:DB8::1]" log("yes")')
    talk.say(b"EHLO [IPv6:2001:db8::1]", b"MAIL FROM:<ann@[ipv6:2001:db8:0::1]>")
    assert talk.logged == ["yes"]


@pytest.mark.parametrize(("most", "said"), [(0, ""), (1, "."), (3, "..."), (5, "cl..."), (21, "client.example.net")])
def test_a_text_can_be_cut_to_any_length(most, said):
    talk = Served(f'on helo: log("{{{{ helo | truncate({most}) }}}}")')
    talk.say(*ENVELOPE)
    assert talk.logged == [said]


def test_a_value_that_was_tested_may_be_tested_again_by_a_define():
    rules = 'define ann() = sender.local and sender.local == "ann"\non mail: if sender.local and ann() log("yes")'
    talk = Served(rules)
    talk.say(*ENVELOPE)
    assert talk.logged == ["yes"]
