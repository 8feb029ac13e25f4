"""An outage alone refuses nobody for good."""

from __future__ import annotations

import pytest

from proved_rules import GATE, codes, only


@pytest.mark.parametrize(
    "rules",
    [
        'on connect: if dnsbl("a.b") log("x") unknown deny\n',
        "on mail:\n    match spf():\n        case temperror: deny\n        case pass, fail, none: pass\n",
        "on mail:\n    match spf():\n        case temperror, fail: deny\n        case pass, none: pass\n",
        "on mail: if spf() == temperror deny\n",
        "on mail: unless spf() == pass deny\n",
        "on mail: if spf() != none deny\n",
        'on connect:\n    if dnsbl("a.b"):\n        log("x")\n    unknown:\n        if esmtp_:\n            deny\n'.replace(
            "esmtp_", "trusted"
        ),
        'var down: bool = false per connection\non connect:\n    if dnsbl("a.b"):\n        log("x")\n    unknown:\n        down = true\n    if down deny\n',
        'on connect: if dnsbl("a.b") log("x") unknown deny at rcpt\n',
        "on data_post:\n    match scan():\n        case error: discard\n        case clean, infected: pass\n",
        "on data_post:\n    match scan():\n        case error:\n            if message.size > 1MB:\n                deny\n        case clean, infected: pass\n",
        "on auth:\n    if users():\n        accept\n    unknown:\n        deny\n",
    ],
)
def test_what_a_failure_alone_would_refuse_is_told(rules: str) -> None:
    assert codes(rules + GATE) == ["Q516"]


@pytest.mark.parametrize(
    "rules",
    [
        'on connect: if dnsbl("a.b") deny unknown defer\n',
        'on connect: if dnsbl("a.b") deny unknown score += 2\non connect: if score > 1 deny\n',
        "on mail:\n    match spf():\n        case fail: deny\n        case temperror: defer\n        case pass, none: pass\n",
        "on mail: if spf() == fail deny\n",
        # a list that would have let the mail pass has failed: what refuses it is something else
        'on connect:\n    if dnsbl("white.b"):\n        skip\n    unknown:\n        log("x")\n    if dnsbl("black.b") deny\n',
        # it would be refused anyway
        'on connect:\n    if dnsbl("a.b"):\n        log("x")\n    unknown:\n        deny\n    deny\n',
        'on connect:\n    if dnsbl("a.b"):\n        deny\n    unknown:\n        if connections > 5 deny\n    if connections > 5 deny\n',
        # what is shadowed refuses nobody
        'shadow on connect: if dnsbl("a.b") log("x") unknown deny\n',
        "on data_post:\n    match scan():\n        case infected: deny\n        case error: quarantine\n        case clean: pass\n",
    ],
)
def test_what_refuses_for_another_reason_is_not_told(rules: str) -> None:
    assert "Q516" not in codes(rules + GATE)


def test_the_finding_says_what_failed_and_what_to_write() -> None:
    finding = only("on mail:\n    match spf():\n        case temperror: deny\n        case pass, fail, none: pass\n" + GATE)
    assert [note.text for note in finding.notes] == ["this is `temperror`"]
    assert "`defer`" in finding.help
    vanished = only("on data_post:\n    match scan():\n        case error: discard\n        case clean, infected: pass\n" + GATE)
    assert "vanish" in vanished.message
