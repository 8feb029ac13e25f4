"""What `apply rcpt_ok()` does beside other rules: files, relaying clients, and that it is a gate."""

from __future__ import annotations

import pytest

from meta.rules_text import FILES, codes, compiled, told
from rules_in_the_lab import STRANGER, passes

_MAIL = STRANGER + 'mail "a@example.net"\n'
_DELIVERY = '\non queue: maildir("Maildir")\n'


def _rules(apply: str, files: dict[str, str] | None = None) -> list[str]:
    outcome = compiled(apply + _DELIVERY, {**FILES, **(files or {})})
    return codes(outcome, "error", "warning")


def test_it_is_gate_enough_for_a_whole_site() -> None:
    assert _rules("apply rcpt_ok()") == []


@pytest.mark.parametrize("apply", ["apply rcpt_ok(reject = pass)", "shadow apply rcpt_ok()", "apply rcpt_ok() unless trusted"])
def test_what_opens_it_for_strangers_is_refused_by_the_checker(apply: str) -> None:
    assert {"Q501", "Q505", "Q506"} & set(_rules(apply))


def test_rcpthosts_and_morercpthosts_are_the_files_of_the_site() -> None:
    files = {"own": "example.org\n.example.org\n", "morercpthosts": "example.com\n"}
    # the gate behind it would let in more
    files["rcpthosts"] = "example.org\n.example.org\nexample.com\n.example.com\nxexample.org\n"
    rules = 'apply rcpt_ok(file = "own", more = "morercpthosts")'
    steps = [f'rcpt "x@{domain}" -> accept' for domain in ("example.org", "a.b.example.org", "EXAMPLE.com")]
    steps += [f'rcpt "x@{domain}" -> deny 550 5.7.1 "Relaying denied"' for domain in ("b.example.com", "xexample.org")]
    assert passes(rules, _MAIL + "\n".join(steps), files)


def test_a_file_that_is_not_there_or_is_no_list_of_domains_is_found_before_mail_comes() -> None:
    outcome = compiled('apply rcpt_ok(more = "morercpthosts")' + _DELIVERY)
    assert codes(outcome, "error") == ["Q701"], told(outcome)
    assert _rules('apply rcpt_ok(more = "morercpthosts")', {"morercpthosts": "*\n"}) == ["Q702"]


def test_clients_that_may_relay_write_to_anybody_and_trusted_ones_do_not() -> None:
    to_others = _MAIL + 'rcpt "x@elsewhere.example" -> '
    assert passes('on connect: if ip in "203.0.113.0/24" relay = true\napply rcpt_ok()', to_others + "accept")
    assert passes("on connect: trusted = true\napply rcpt_ok()", to_others + 'deny 550 5.7.1 "Relaying denied"')
