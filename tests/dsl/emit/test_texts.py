"""Texts with `{{ }}`: finished texts go in, one text comes out, and nothing of a peer is read as a template."""

from __future__ import annotations

import enum
import subprocess
import sys
from typing import Any

import pytest
from jinja2 import TemplateSyntaxError

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.emit.texts import because, clean, finished, template
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.values import NULL_SENDER, UNKNOWN, Address, DomainSet, Listing, Rate
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from typed_words import Session, Transaction, compiled, const, decide, read, span


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("plain", "plain"),
        (True, "true"),
        (2.0, "2"),
        (2.5, "2.5"),
        (0.125, "0.12"),
        (-0.001, "0"),
        (1e9, "1000000000"),
        (1234567, "1234567"),
        (Address("A", "example.org", "A@example.org"), "A@example.org"),
        (NULL_SENDER, ""),
        (Colour.RED, "red"),
        (Rate(300, 3600.0), "300/3600s"),
        (["a", "b"], "a, b"),
        (DomainSet(["b.example", ".a.example"]), "b.example, .a.example"),
        ("a\r\nBcc: x\x00\x7f\x85\u2028é", "aBcc: xé"),
    ],
)
def test_a_value_is_finished_before_it_enters_a_text(value: object, text: str) -> None:
    assert str(finished(value)) == text


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        ("{{ v0 | upper }}", "abc", "ABC"),
        ("{{ v0 | lower }}", "ABC", "abc"),
        ("{{ v0 | length }}", "abc", "3"),
        ("{{ v0 | length }}", ["abc", "de"], "2"),
        ("{{ v0 | default('nobody') }}", None, "nobody"),
        ("{{ v0 | default('nobody') }}", "somebody", "somebody"),
        ("{{ v0 | join('; ') }}", ["a", "b"], "a; b"),
        ("{{ v0 }}", ["a", "b"], "a, b"),
        ("{{ v0 | truncate(5, true, '...', 0) }}", "abcdefgh", "ab..."),
        ("<{{ v0 }}>", "<b>&", "<<b>&>"),
        ("{% raw %}{# no #}{{ v0 }}", "x", "{% raw %}{# no #}x"),
        ("{{ v0 }}", "{{ v0 }}{% if %}", "{{ v0 }}{% if %}"),
    ],
)
def test_a_template_knows_its_filters_and_nothing_else(source: str, value: object, text: str) -> None:
    assert template(source, ["text"])(value) == text


@pytest.mark.parametrize("source", ["{{ v0 | pprint }}", "{{ v0 is string }}", "{{ v0"])
def test_a_template_that_uses_more_is_refused(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        template(source, ["text"])


@pytest.mark.parametrize(
    ("type", "value", "text"),
    [("time", 0.0, "1970-01-01T00:00:00Z"), ("duration", 90.0, "90s"), ("duration?", None, ""), ("time?", "never", "never")],
)
def test_times_and_durations_are_written_as_such(type: str, value: object, text: str) -> None:
    assert template("{{ v0 }}", [type])(value) == text


@pytest.mark.parametrize("value", [None, UNKNOWN, Listing(()), Listing((), "\r\n")])
def test_a_verdict_without_a_reason_keeps_its_text(value: object) -> None:
    decided = verdict(Verb.DENY, "rules.q:1", 550, "5.7.1", "Listed")
    assert because(decided, value) is decided


def test_a_reason_is_the_text_without_its_control_characters() -> None:
    decided = verdict(Verb.DENY, "rules.q:1", 550, "5.7.1", "Listed")
    assert because(decided, Listing((), "spam\r\n250 ok")).reply == b"550 5.7.1 spam250 ok\r\n"


def test_ordinary_text_is_not_copied() -> None:
    text = "nothing to remove"
    assert clean(text) is text


def answer(statement: Any) -> Any:
    return compiled("rcpt", statement)(Session(), Transaction("x\r\n@example.org"))


def test_a_reply_with_a_template_is_rendered_when_the_rule_fires() -> None:
    said = typed.Template(span(), t.TEMPLATE, "{{ v0 }} has {{ v1 }}", (read("recipient"), const(2.5)))
    verdict = answer(decide(Verb.DENY, message=said))
    assert (verdict.text, verdict.reply) == ("x@example.org has 2.5", b"550 5.7.1 x@example.org has 2.5\r\n")


def test_rules_without_templates_do_not_load_jinja2() -> None:
    code = "import sys, qpsmtpd.dsl.emit.emit; print('jinja2' in sys.modules)"
    paths = [path for path in sys.path if path]
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"], capture_output=True, text=True, check=True
    )
    assert found.stdout == "False\n"
