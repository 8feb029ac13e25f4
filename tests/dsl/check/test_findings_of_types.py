"""Values of the wrong type, malformed literals, missing units, and what is no condition."""

from __future__ import annotations

import pytest

from checked_rules import checked

_ONE = [
    ("on rcpt: unless rcpthosts(recipient) deny", "Q401", "recipient.domain"),
    ("on mail: relay = 1", "Q401", ""),
    ("on mail: relay += true", "Q401", "relay = true"),
    ("on mail: if ip > ip deny", "Q401", ""),
    ('on mail: if helo in "x" deny', "Q401", "matches"),
    ("on mail: if ip matches /x/ deny", "Q401", ""),
    ("on mail: if sender == none deny", "Q401", "write `sender == <>`"),
    ("on mail: if score + helo > 3 deny", "Q401", ""),
    ("on mail: if helo - helo == helo deny", "Q401", ""),
    ('let names = ["a.org"]\non mail: if domain and domain in names deny', "Q401", "let names: list[domain]"),
    ('on mail: if ip["x"] deny', "Q401", ""),
    ('on mail: if score > "12" deny', "Q401", "write `12` without quotes"),
    ('let most = "2.5"\non mail: if score > most deny', "Q401", "write `2.5` without quotes where `most` is declared"),
    ('on connect: if earlytalker(wait = "5s") deny', "Q401", "write `5s` without quotes"),
    ('on mail: if score > "many" deny', "Q401", ""),
    ("on mail: if ip in names deny\nlet names: list[domain] = []", "Q401", ""),
    ('on connect: if ip in ["10.0.0.1/8"] deny', "Q402", '"10.0.0.0/8"'),
    ('on connect: if ip in ["10.0.0.0/99"] deny', "Q402", "0 to 32"),
    ('on connect: if ip == "1.2.3" deny', "Q402", "192.0.2.1"),
    ('on mail: if sender == "foo" deny', "Q402", "name@example.org"),
    ('on mail: if domain and domain == "a b.org" deny', "Q402", ""),
    ('on mail: if domain and domain == ".example.org" deny', "Q402", '[".example.org"]'),
    ("on helo: if helo matches /x(/ deny", "Q402", ""),
    ("on helo: if helo matches /(a)\\1/ deny", "Q402", ""),
    ("on helo: if helo matches /^Mail/ deny", "Q402", "/^Mail/i"),
    ('on connect: if dnsbl("zen") deny', "Q402", ""),
    ("let h = half(-3)", "Q402", ""),
    ("on connect: if earlytalker(wait = 5) deny", "Q403", "`5s`"),
    ("on data_post: if message.size > 10 deny", "Q403", "`10KB`"),
    ("on mail: if score > 5s deny", "Q403", ""),
    ("server:\n    timeout = 300", "Q403", "`300s`"),
    ("on helo: if helo deny", "Q404", 'helo == "…"'),
    ("on mail: if score deny", "Q404", "score > 0"),
    ("on mail: unless sender deny", "Q404", "sender != <>"),
    ('on mail: if "text" deny', "Q404", ""),
    ('on helo: if helo.domain == "x.org" deny', "Q405", "helo.domain ??"),
    ("on helo: if helo.domain matches /x/ deny", "Q405", ""),
    ("on rcpt: if rcpthosts(sender.domain) deny", "Q405", ""),
    ('on mail: if params["SIZE"] == "3" deny', "Q405", 'params["SIZE"] ??'),
    ('on mail: if helo == "{{ ip }}" deny', "Q407", ""),
    ("let x = sender", "Q408", "define"),
    ('let x = dnsbl("a.b")', "Q408", "define"),
    ("on mail: if helo in [helo] deny", "Q408", ""),
    ("on queue: maildir(helo)", "Q515", "write it in the rules"),
    ("on connect: if ip in networks(helo) deny", "Q301", ""),
    ("on mail: if ip in networks(helo) deny", "Q515", ""),
    ('listener mx:\n    bind = "127.0.0.1"', "Q409", ""),
    ("server:\n    max_errors = 0", "Q409", ""),
    ("server:\n    max_errors = 2.5", "Q409", ""),
    ("on rcpt: rcpthosts(domain)", "Q410", "if rcpthosts(…)"),
    ('on queue: if maildir("x") deny', "Q410", "statement"),
    ("on data_post: if standing() == godo deny", "Q201", "`good`"),
]


@pytest.mark.parametrize(("text", "code", "remedy"), _ONE)
def test_a_wrong_value_is_one_finding_with_a_remedy(text, code, remedy):
    outcome = checked(text)
    assert outcome.codes == [code], outcome.told
    assert remedy in outcome.found[0].help


_GOOD = [
    'on connect: if ip in "10.0.0.0/8" or ip == "2001:db8::1" deny',
    'on connect: if ip not in ["10.0.0.0/8", "192.0.2.1"] deny',
    'on mail: if sender in ["a@x.org", "@y.org"] deny',
    'on mail: if domain and domain in [".x.org", "bücher.example"] deny',
    'on mail: if helo in ["a", "b"] or helo not matches /x/ deny',
    'on mail: if "localhost" == helo deny',
    "on mail: if helo matches /Mail|foo/ or helo matches /[A-Z]x/ or helo matches /(Foo)?x\\D/ deny",
    "on data_post: if message.size + 10KB > 1MB deny",
    "on mail: if now - now > 5m deny",
    "on mail: if -score < 2.5 + karma deny",
    'on mail: if standing() == good or standing() != "bad" deny',
    'on data_post: if (header.subject ?? "") == "x" deny',
    'on mail: if (params["SIZE"] ?? "") == "3" or params["BODY"] != none deny',
    'on mail: if any_of(["From", "Date"]) deny',
    'let m = { "a": 3, "b": 4 }\non mail: if (m["a"] ?? 0) > 3 deny',
    "let l: list[text] = []\non mail: if helo in l deny",
    "on connect: if earlytalker() or earlytalker(wait = 5s) or earlytalker(250ms) deny",
    "on connect: if esmtp_seen() deny\ndefine esmtp_seen() = karma > 3 and not trusted",
    "on mail: if half(3) > 1 deny",
]


@pytest.mark.parametrize("text", _GOOD)
def test_right_values_give_no_finding(text):
    outcome = checked(text)
    assert outcome.codes == [], outcome.told


def test_a_fault_has_no_followers():
    outcome = checked(
        'let bad = ["10.0.0.1/8"]\nlet own: list[network] = ["10.0.0.1/8"]\non connect: if ip in own or not (ip in own) deny'
    )
    assert outcome.codes == ["Q402"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('on mail:\n    if sendr != <> and sender.domain == "x.org" deny', "Q201"),
        ('on mail:\n    if bounc():\n        pass\n    elif sender.domain == "x.org":\n        deny', "Q202"),
        ('on mail:\n    if bounc() deny\n    if sender.domain == "x.org" deny', "Q202"),
        ('on mail unless bounc(): if sender.domain == "x.org" deny', "Q202"),
        ('define bounce() = sendr == <>\non mail: unless bounce() deny "{{ sender.domain }}"', "Q201"),
    ],
)
def test_what_a_faulty_condition_would_have_shown_to_be_there_is_not_missed(text, code):
    outcome = checked(text)
    assert outcome.codes == [code], outcome.told


@pytest.mark.parametrize("literal", ["20mb", "1.5h", "5.", "12345678901234567"])
def test_a_number_that_nobody_can_read_has_no_type_to_be_wrong(literal):
    for text in (
        "on data_post: if message.size > {} deny",
        "on connect: if earlytalker(wait = {}) deny",
        "server:\n    max_size = {}",
    ):
        assert checked(text.format(literal)).codes == ["Q107"]


def test_several_faults_of_one_line_are_all_found():
    outcome = checked('on mail: if sendr == <> or helo or score > 5s deny 450 "{{ hello }}"')
    assert sorted(outcome.codes) == ["Q201", "Q201", "Q303", "Q403", "Q404"]
