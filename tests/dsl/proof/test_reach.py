"""Which rules are told to be dead, and which are not: one row a kind of mistake, beside what only looks like it."""

from __future__ import annotations

import time

import pytest

from bench import one_hook
from rules_in_dialogue import DELIVERY, GATE, compiled, told


def found(rules: str) -> list[tuple[int, str]]:
    """Line and code of each finding of ours, and of every error, in rules that get the usual gate and delivery behind them."""
    return found_in(rules + GATE + DELIVERY)


def found_in(rules: str) -> list[tuple[int, str]]:
    """The same in whole rules."""
    outcome = compiled(rules)
    return [(f.line, f.code) for f in outcome.findings.sorted() if f.code in _OURS or f.severity == "error"]


_OURS = ("Q601", "Q605", "Q650", "Q651", "Q652", "Q653", "Q654")


@pytest.mark.parametrize(
    ("rules", "line", "code"),
    [
        # after an unconditional verdict
        ("on mail:\n    accept\n    if sender == <> deny\n", 3, "Q601"),
        ("on mail: deny\non mail: if sender == <> accept\n", 2, "Q601"),
        ("on mail:\n    if esmtp:\n        deny\n    else:\n        defer\n    log('x')\n".replace("'", '"'), 6, "Q601"),
        # a network inside an earlier network
        ('on connect:\n    if ip in "10.0.0.0/8" deny\n    if ip in "10.1.0.0/16" defer\n', 3, "Q650"),
        ('on connect:\n    if ip in ["10.0.0.0/9", "10.128.0.0/9"] deny\n    if ip in "10.0.0.0/8" defer\n', 3, "Q650"),
        ('on connect:\n    if ip in "10.0.0.0/8" deny\n    if ip == "10.1.2.3" defer\n', 3, "Q650"),
        ('on connect:\n    if ip in "2001:db8::/32" deny\n    if ip in "2001:db8:1::/48" defer\n', 3, "Q650"),
        # a domain inside an earlier list
        ('on rcpt:\n    if domain in [".example.net", "x.org"] deny\n    if domain == "a.example.net" defer\n', 3, "Q650"),
        ('on rcpt:\n    if domain in ".example.net" deny\n    if domain in ".a.example.net" defer\n', 3, "Q650"),
        ('on rcpt:\n    if recipient in "@x.org" deny\n    if recipient == "a@x.org" defer\n', 3, "Q650"),
        ('on rcpt:\n    if recipient == "a@x.org" deny\n    if recipient.local == "a" and domain == "x.org" defer\n', 3, "Q653"),
        # a threshold behind a lower one
        ("on rcpt:\n    if len(recipients) > 10 deny\n    if len(recipients) > 20 defer\n", 3, "Q650"),
        ("on data_post:\n    if message.size >= 5MB deny\n    if message.size > 5MB defer\n", 3, "Q650"),
        ('on connect:\n    if connections == 3 deny\n    if connections == 3 and ip in "10.0.0.0/8" deny\n', 3, "Q650"),
        # words and texts
        ('on helo:\n    if helo in ["a", "b"] deny\n    if helo == "B" defer\n', 3, "Q650"),
        # constant by itself
        ("on rcpt: if len(recipients) > 100 and len(recipients) < 10 defer\n", 1, "Q605"),
        ("on mail: if false and sender == <> deny\n", 1, "Q605"),
        ("on mail: if sender == <> and sender.domain deny\n", 1, "Q605"),
        ("on data_post: if message.size >= 0B deny\n", 1, "Q605"),
        ('on connect: if ip in "10.0.0.0/8" and ip in "192.168.0.0/16" deny\n', 1, "Q605"),
        ('on connect: if ip not in "10.0.0.0/8" or ip not in "192.168.0.0/16" deny\n', 1, "Q605"),
        ("var n: bool = false per connection\non connect: if n deny\n", 2, "Q605"),
        # constant because of earlier lines
        ('on mail:\n    if sender == <> defer\n    if sender.domain log("x")\n', 3, "Q651"),
        ("on mail:\n    unless esmtp deny\n    if esmtp:\n        defer\n", 3, "Q651"),
        ("on mail:\n    if esmtp:\n        if esmtp deny\n", 3, "Q651"),
        ('on mail:\n    trusted = true\n    if trusted log("x")\n', 3, "Q605"),
        ('on mail:\n    trusted = false\n    if trusted log("x")\n', 3, "Q605"),
        # the same condition with two verdicts
        ("on mail:\n    if sender == <> defer\n    if sender == <> deny\n", 3, "Q653"),
        ("on mail:\n    if not esmtp deny\n    unless esmtp accept\n", 3, "Q653"),
        ('on connect:\n    if dnsbl("a.example") deny\n    if dnsbl("a.example") defer\n', 3, "Q653"),
        ("on mail:\n    if esmtp:\n        deny\n    elif esmtp:\n        defer\n", 4, "Q653"),
        ("on mail:\n    if sender == <> deny\n    if sender == <> deny\n", 3, "Q650"),
        # branches
        ('on mail:\n    if esmtp deny\n    unless esmtp:\n        log("a")\n    else:\n        log("b")\n', 3, "Q651"),
        ('on connect:\n    if ip in "10.0.0.0/8" deny\n    unknown defer\n', 3, "Q650"),
        # the score
        ("on data_post: if score > 5 deny\n", 1, "Q652"),
        ("on mail: if sender == <> score += 2\non data_post: if score >= 3 deny\n", 2, "Q652"),
        ("on mail: if sender == <> score += 2\non data_post: unless score < 3 deny\n", 2, "Q652"),
        ("on rcpt: if esmtp score += 2 as A\non data_post: if score > 2 deny\n", 2, "Q652"),
        (
            'on mail: if esmtp score += 2 as A\non rcpt: if domain == "x.org" score += 3 as A\non data_post: if score > 3 deny\n',
            3,
            "Q652",
        ),
        (
            "on mail:\n    if esmtp:\n        score += 2\n    else:\n        score += 3\non data_post: if score > 3 deny\n",
            6,
            "Q652",
        ),
        ("on mail:\n    if esmtp score += 2\n    score = 1\non data_post: if score > 1 deny\n", 4, "Q652"),
        ("on mail: if esmtp score -= 2\non data_post: if score < -2 deny\n", 2, "Q652"),
    ],
)
def test_what_can_never_happen_is_told_once(rules: str, line: int, code: str) -> None:
    assert found(rules) == [(line, code)]


@pytest.mark.parametrize(
    "rules",
    [
        'on connect:\n    if ip in "10.1.0.0/16" deny\n    if ip in "10.0.0.0/8" defer\n',
        'on connect:\n    if ip in "10.0.0.0/9" deny\n    if ip in "10.0.0.0/8" defer\n',
        'on connect:\n    if ip in "10.0.0.0/8" and trusted deny\n    if ip in "10.1.0.0/16" defer\n',
        'on rcpt:\n    if domain in ".example.net" deny\n    if domain == "example.net" defer\n',
        "on rcpt:\n    if len(recipients) > 20 deny\n    if len(recipients) > 10 defer\n",
        "on data_post:\n    if message.size > 5MB deny\n    if message.size >= 5MB defer\n",
        # what may change in between, or may be answered otherwise when it is asked again
        "on connect: if relay score += 3\non mail:\n    if score > 1 defer\n    if esmtp score += 2\n    if score > 1 deny\n",
        'on mail:\n    unless trusted log("x")\n    trusted = esmtp\n    unless trusted log("x")\n',
        'on data_post:\n    if header.subject log("x")\n    unless header.subject defer\n',
        'on data_post:\n    unless header.subject skip\n    remove_header("Subject")\n    unless header.subject defer\n',
        # a lookup that fails takes neither way
        'on connect:\n    if dnsbl("a.example") deny\n    unless dnsbl("a.example") log("clean")\n',
        'on connect:\n    if dnsbl("a.example") deny\n    unknown score += 1\non mail: if score >= 1 log("x")\n',
        # what `skip` leaves goes on in the next block
        'on mail:\n    if sender == <> skip\n    log("x")\non mail: if sender == <> deny\n',
        # scores that may repeat, or are not known
        "on rcpt: if esmtp score += 2\non data_post: if score > 100 deny\n",
        "on mail: score += connections\non data_post: if score > 100 deny\n",
        "on noop: score += 1\non data_post: if score > 100 deny\n",
        "on mail: if esmtp score += 2 as A\non mail: if relay score += 3 as B\non data_post: if score >= 5 deny\n",
        "on connect: if relay score += 2\non helo: if esmtp score += 3\non mail: if score >= 5 deny\n",
        # what shadow sets is thrown away, and what is kept may be dropped
        'on mail:\n    shadow trusted = true\n    unless trusted log("x")\n',
        'on connect: if dnsbl("a.example") deny at rcpt\non mail: if pending log("x")\n',
    ],
)
def test_what_can_happen_is_not_told(rules: str) -> None:
    assert found(rules) == []


def test_a_rule_is_told_only_when_it_is_dead_on_every_listener():
    listeners = 'listener a:\n    bind = "127.0.0.1:1"\nlistener b:\n    bind = "127.0.0.1:2"\n'
    once = 'on connect at a: if ip in "10.0.0.0/8" deny\non connect: if ip in "10.1.0.0/16" defer\n'
    assert found(listeners + once) == []
    assert found(listeners + once.replace(" at a", "")) == [(6, "Q650")]
    assert found(listeners + 'on connect: if listener == "a" log("x")\n') == []


POLICY = """policy big(limit: size, strict: bool = false):
    on data_post:
        if message.size > 5MB deny
        if message.size > limit defer
        if strict and message.size > 1MB defer
"""


def test_a_rule_of_a_policy_is_told_only_when_it_is_dead_at_every_apply():
    assert found(POLICY + "apply big(limit = 3MB)\n") == []
    assert found(POLICY + "apply big(limit = 8MB)\n") == [(4, "Q650")]
    assert found(POLICY + "apply big(limit = 8MB) if esmtp\napply big(limit = 3MB)\n") == []


def test_a_condition_that_the_parameters_of_a_policy_decide_is_no_mistake():
    assert found(POLICY + "apply big(limit = 3MB, strict = false)\n") == []
    assert found(POLICY + "apply big(limit = 3MB, strict = true)\n") == []


def test_only_the_outermost_of_what_is_dead_is_told():
    rules = 'on mail:\n    accept\n    if esmtp:\n        deny\n        log("x")\n    if relay and not relay deny\n'
    assert found(rules) == [(3, "Q601")]


def test_nothing_is_told_of_a_hook_in_which_something_was_not_understood():
    assert told("on mail:\n    if sender == <> deny\n    if sender == <> defer\n    if nosuch deny\n" + GATE + DELIVERY) == [
        "Q201"
    ]


def test_what_one_hook_could_not_decide_is_not_told_of_another():
    listeners = 'listener a:\n    bind = "127.0.0.1:1"\nlistener b:\n    bind = "127.0.0.1:2"\n'
    both = 'on connect at a: if ip in "10.0.0.0/8" deny\non connect: if ip in "10.1.0.0/16" defer\n'
    assert found(listeners + both + "on connect at b: if nosuch deny\n") == [(7, "Q201")]
    on_two = "on mail: deny\non mail, data: if esmtp defer\n"
    assert found(on_two) == []
    assert found(on_two + "on data: deny\n") == []


def test_a_value_that_never_comes_needs_a_case_all_the_same():
    rules = 'listener a:\n    bind = "127.0.0.1:1"\nlistener b:\n    bind = "127.0.0.1:2"\n'
    rules += "on mail at a:\n    match listener:\n        case a: if esmtp deny\n        case b: "
    assert found(rules + "pass\n") == []
    assert found(rules + "deny\n") == [(8, "Q650")]


def test_a_condition_that_only_hides_the_others_is_given_up_after_a_while():
    letters = "abcdefghijklmnopqrstuvwx"
    odd = " != ".join(f"(helo matches /{c}/)" for c in letters[:1])
    for c in letters[1:]:
        odd = f"({odd}) != (helo matches /{c}/)"
    even = " != ".join(f"(helo matches /{c}/)" for c in letters[-1:])
    for c in reversed(letters[:-1]):
        even = f"({even}) != (helo matches /{c}/)"
    begun = time.process_time()
    assert found(f"on helo: if ({odd}) != ({even}) deny\n") in ([(1, "Q654")], [(1, "Q605")])
    assert time.process_time() - begun < 5


def test_a_hundred_rules_that_know_of_each_other_are_proved_in_no_time():
    begun = time.process_time()
    dead = found_in(one_hook.rules(100))
    assert len(dead) > 5
    assert {code for _, code in dead} <= {"Q650", "Q652", "Q653"}
    assert time.process_time() - begun < 2
