"""Open relays are told as the mistakes that they are, and what is none passes."""

from __future__ import annotations

import pytest

from proved_rules import GATE, codes, only

NETS = 'let own = networks("relayclients")\n'


@pytest.mark.parametrize(
    "rules",
    [
        "on rcpt:\n    match spf():\n        case pass: accept\n        case fail, none, temperror: pass\n" + GATE,
        "on rcpt: if spf() == pass accept\n" + GATE,
        'on rcpt: if dnsbl("a.b") deny unknown accept\n' + GATE,
        "on rcpt: unless rcpthosts(domain) skip\n",
        "var ours: bool = false per transaction\non rcpt: if rcpthosts(domain) ours = true\non rcpt: unless ours deny\n",
        "var ours: bool = false per connection\non mail: ours = esmtp\non rcpt: unless ours or rcpthosts(domain) deny\n",
        "shadow on rcpt: unless rcpthosts(domain) deny\non rcpt: if esmtp accept\non rcpt: unless rcpthosts(domain) deny\n",
        'on rcpt: if relay log("x")\non rcpt: unless esmtp or rcpthosts(domain) deny\n',
    ],
)
def test_every_way_around_the_gate_is_seen(rules: str) -> None:
    assert set(codes(rules)) in ({"Q501"}, {"Q505"})


def test_a_refusal_whose_text_may_be_unknown_refuses_nobody_then() -> None:
    rules = 'on rcpt:\n    let how = standing()\n    unless rcpthosts(domain) deny 5.7.1 "{{ how }}"\n'
    assert codes(rules) == ["Q501"]
    assert codes(rules.replace("{{ how }}", "{{ domain }}")) == []


@pytest.mark.parametrize(
    "rules",
    [
        # a gate in every branch, behind `let`, behind `define`, in a policy
        "on rcpt:\n    match spf():\n        case pass: if rcpthosts(domain) accept\n        case fail, none, temperror: pass\n"
        + GATE,
        "on rcpt:\n    let ours = rcpthosts(domain)\n    if esmtp:\n        unless ours deny\n    unless ours defer\n",
        "policy ours():\n    on rcpt: unless rcpthosts(recipient.domain) deny\napply ours()\n",
        "on rcpt:\n    if rcpthosts(domain):\n        accept\n    unknown:\n        defer\n    deny\n",
        "on rcpt: unless rcpthosts(domain) deny unknown defer\n",
        # conditions that belong together
        "on rcpt:\n    if esmtp:\n        unless rcpthosts(domain) deny\n    unless esmtp:\n        unless rcpthosts(domain) deny\n",
        'on rcpt:\n    if relay log("x")\n    unless relay:\n        unless rcpthosts(domain) deny\n',
        'on rcpt:\n    if ip in "10.0.0.0/8":\n        unless rcpthosts(domain) deny\n    if ip not in "10.0.0.0/8":\n        unless rcpthosts(domain) deny\n',
        'on rcpt:\n    if dnsbl("a.b"):\n        deny\n    unknown:\n        defer\n    if dnsbl("a.b") accept\n' + GATE,
        # a variable that is true only behind the gate, in this run of the hook
        "var ours: bool = false per transaction\non rcpt:\n    ours = false\n    if rcpthosts(domain) ours = true\n    unless ours deny\n",
        # and one that is true only for clients that may relay
        NETS
        + "var friend: bool = false per connection\non connect: if ip in own friend = true\non mail: if friend relay = true\n"
        + GATE,
        NETS + "var friend: bool = false per connection\nvar ally: bool = false per connection\n"
        "on connect: if ip in own friend = true\non helo: if friend ally = true\non mail: if ally relay = true\n" + GATE,
        # a listener whose clients have all authenticated may relay
        'listener sub:\n    bind = "127.0.0.1:5870"\n    auth = required\non auth: if users() accept\non mail: if esmtp relay = true\n',
        'listener sub:\n    bind = "127.0.0.1:5870"\n    auth = offered\non auth: if users() accept\non rcpt: unless authenticated or rcpthosts(domain) deny\n',
        # discard needs no gate, and a kept verdict takes nothing away from it
        "on rcpt: unless rcpthosts(domain) discard\n",
        'on connect: if dnsbl("a.b") deny at rcpt\non rcpt:\n    enforce\n    unless rcpthosts(domain) deny\n',
        # dead code lets nobody in
        "on rcpt:\n    if false accept\n    unless rcpthosts(domain) deny\n",
        # what a shadow does, it does to a copy
        GATE + "shadow on rcpt: accept\n",
    ],
)
def test_what_guards_every_recipient_passes(rules: str) -> None:
    assert codes(rules) == []


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (
            'on connect: if ip in own friend = true\non helo: if helo == "x" friend = true\non mail: if friend relay = true\n',
            "Q502",
        ),
        ("on connect: if ip not in own friend = true\non mail: if friend relay = true\n", "Q502"),
        ("on mail: relay = esmtp\n", "Q502"),
        ('on mail: if dnsbl("a.b") relay = true\n', "Q502"),
        ('on mail: if ip == "192.0.2.1" relay = true\n', ""),
        ('on mail: if ip in own and ip not in "192.0.2.0/28" relay = true\n', ""),
        ("on mail: if authenticated relay = true\n", ""),
        ('on mail:\n    if ip in "0.0.0.0/1" relay = true\n    if ip in "128.0.0.0/1" relay = true\n', "Q503"),
        ('on connect: if ip in "0.0.0.0/1" relay = true\non mail: if ip in "128.0.0.0/1" relay = true\n', "Q503"),
        ('on connect: if ip in "0.0.0.0/1" friend = true\non mail: if ip in "128.0.0.0/1" or friend relay = true\n', "Q503"),
        ('on mail: if ip in "2000::/4" or ip in "3000::/4" relay = true\n', "Q503"),
        ('on mail: if ip in ["0.0.0.0/1", "128.0.0.0/1"] and ip in own relay = true\n', ""),
        (
            'on mail:\n    if ip in "0.0.0.0/1":\n        unless ip in own deny\n        relay = true\n    if ip in "128.0.0.0/1" relay = true\n',
            "",
        ),
    ],
)
def test_who_may_relay_has_proved_it(rules: str, code: str) -> None:
    variable = "var friend: bool = false per connection\n" if "friend" in rules else ""
    assert codes(NETS + variable + rules + GATE) == ([code] if code else [])


def test_the_path_shows_how_each_question_was_answered() -> None:
    rules = (
        "on rcpt:\n"
        '    if recipient.local == "postmaster":\n'
        "        match spf():\n"
        "            case fail: deny\n"
        "            case pass, none, temperror: accept\n"
        "    unless rcpthosts(domain) deny\n"
    )
    finding = only(rules)
    assert [note.text for note in finding.notes] == ["this is true", "this is `pass` or `none` or `temperror`"]
    assert "RCPT TO:<postmaster@elsewhere.example>" in finding.why


def test_an_unless_is_told_by_what_is_written() -> None:
    rules = "on rcpt:\n    unless esmtp deny\n    accept\n" + GATE
    assert [note.text for note in only(rules).notes] == ["this is true"]


def test_of_a_long_way_only_what_has_to_do_with_relaying_is_told() -> None:
    many = "".join(f'    if helo == "h{n}" log("x")\n' for n in range(20))
    finding = only(f"on rcpt:\n{many}    if trusted:\n        if esmtp accept\n" + GATE)
    assert len(finding.notes) <= 3


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            "on rcpt: unless sender.domain and rcpthosts(sender.domain) deny\n",
            "`rcpthosts(sender.domain)` says nothing about this recipient",
        ),
        ("on mail:\n    if domain:\n        unless rcpthosts(domain) deny\n", "has no rules for `rcpt`"),
        (
            'on mail:\n    if domain and rcpthosts(domain) log("x")\non rcpt: if esmtp deny\n',
            "in `mail` says nothing about a recipient",
        ),
        ("shadow on rcpt: unless rcpthosts(domain) deny\n", "under `shadow` lets nobody in"),
        ("on rcpt: if rcpthosts(domain) deny\n", "the wrong way round"),
    ],
)
def test_a_wrong_gate_is_told_where_it_stands(rules: str, words: str) -> None:
    finding = only(rules)
    assert finding.code == "Q505"
    assert words in finding.message


def test_each_listener_has_a_proof_of_its_own() -> None:
    listeners = 'listener a:\n    bind = "127.0.0.1:1"\nlistener b:\n    bind = "127.0.0.1:2"\n'
    assert codes(listeners + "on rcpt at a: unless rcpthosts(domain) deny\n") == ["Q501"]
    assert "listener b" in only(listeners + "on rcpt at a: unless rcpthosts(domain) deny\n").message
