"""`apply standard/mx()` as a small site has it; its parameters are tested in the language, in its file."""

from __future__ import annotations

import pytest

from meta.rules_text import FILES, codes, compiled, told
from rules_in_the_lab import STRANGER, passes

_NO_ONE_EARLY = "given earlytalker() = false\n"
_DELIVERY = '\non queue: maildir("Maildir")\n'
_MAIL = _NO_ONE_EARLY + STRANGER + 'mail "a@example.net"\n'


@pytest.mark.parametrize(
    "lines",
    [
        "apply standard/mx()",
        "use standard/mx\napply mx()",
        'on connect: if ip in networks("relayclients") relay = true\napply standard/mx(check_users = true)',
        'apply standard/mx(more_domains = "more", greylist = false, reject_headers = quarantine)',
    ],
)
def test_a_small_site_is_a_few_lines_without_error_or_warning(lines: str) -> None:
    outcome = compiled(lines + _DELIVERY, {**FILES, "more": "example.com\n"})
    assert codes(outcome, "error", "warning") == [], told(outcome)


def test_own_domains_and_more_domains_are_files_of_the_site() -> None:
    files = {"own": "example.org\n", "more": "example.com\n", "rcpthosts": "example.org\nexample.com\nb.example\n"}
    rules = 'apply standard/mx(own_domains = "own", more_domains = "more", greylist = false)'
    steps = 'rcpt "x@example.org" -> accept\nrcpt "x@example.com" -> accept\nrcpt "x@b.example" -> deny 550 "Relaying denied"'
    assert passes(rules, _MAIL + steps, files)


def test_own_clients_relay_and_are_spared_what_is_about_strangers() -> None:
    rules = 'on connect: if ip in networks("relayclients") relay = true\napply standard/mx(check_users = true)'
    steps = 'client 192.0.2.7 -> accept\nehlo "x"\nmail "a@example.org"\nrcpt "x@elsewhere.example" -> accept\ndata "Subject: x" -> accept'
    assert passes(rules, "given earlytalker() = true\n" + steps)


@pytest.mark.parametrize(("parameters", "told_so"), [("", ["Q603"]), ("check_users = true", [])])
def test_without_check_users_the_checker_says_that_nothing_knows_the_users(parameters: str, told_so: list[str]) -> None:
    assert codes(compiled(f"apply standard/mx({parameters}){_DELIVERY}"), "note") == told_so
