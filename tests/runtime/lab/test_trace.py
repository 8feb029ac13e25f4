"""One imaginary session, told rule by rule, with a real name server."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from qpsmtpd.runtime.lab.record import Called, Said
from qpsmtpd.runtime.lab.story import HookStory, story
from qpsmtpd.runtime.lab.trace import Order, trace
from qpsmtpd.runtime.lab.trace_report import data_of, text_of
from servers.knot import name_server

__all__ = ["name_server"]
GOLDEN = Path(__file__).parent / "golden"
NINE = Order("127.0.0.9", "a@example.net", ("x@elsewhere.example", "y@example.org"), message=b"Subject: hello\r\n\r\nhello\r\n")


@pytest.fixture
def rules(tmp_path, monkeypatch, name_server) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rcpthosts").write_text("example.org\n")
    path = Path("rules.q")
    path.write_text((GOLDEN / "traced.q").read_text().replace("NAME_SERVER", name_server))
    return path


def told(rules: Path, order: Order) -> list[Said | HookStory]:
    traced = trace(rules, order)
    assert traced.bench is not None
    return story(traced.events, traced.bench)


def plain(text: str) -> str:
    """The text without what differs from run to run and place to place."""
    text = re.sub(r"  \(\d+ ms\)", "", text).replace(f"{Path.cwd()}/", "/etc/q/")
    return re.sub(r"127\.0\.0\.1 port \d+", "127.0.0.1 port 53", text)


def hooks(parts: list[Said | HookStory], name: str) -> list[HookStory]:
    return [part for part in parts if isinstance(part, HookStory) and part.hook == name]


def test_people_see_every_rule_and_value_and_why(rules):
    assert plain(text_of(told(rules, NINE))) == (GOLDEN / "trace.txt").read_text()


def test_programs_get_the_same(rules):
    data = data_of(told(rules, NINE))
    connect = next(part for part in data if part.get("hook") == "connect")
    assert [(rule["label"], rule["condition"]) for rule in connect["rules"]] == [("zen", "no"), ("", "unknown"), ("", "no")]
    assert connect["rules"][0]["read"][0]["source"] == 'dnsbl("zen.test")' and connect["rules"][0]["read"][0]["seconds"] > 0
    assert connect["verdict"] is None and connect["otherwise"] == "greet"
    (refused, _) = [part for part in data if part.get("hook") == "rcpt"]
    assert refused["verdict"]["code"] == 550 and refused["verdict"]["rule"] == "gate"
    assert {part["who"] for part in data if "who" in part} == {"", "C", "S"}


def test_a_listed_client_gets_no_further(rules):
    parts = told(rules, replace(NINE, ip="127.0.0.2"))
    assert [part.text for part in parts if isinstance(part, Said)][1:] == ["554 5.7.1 Listed; see https://zen.test/127.0.0.2"]
    (connect,) = hooks(parts, "connect")
    assert connect.verdict is not None and connect.verdict.rule == "zen" and connect.met[-1].source == "deny"


def test_a_verdict_that_ends_the_session_before_data_ends_it(rules):
    parts = told(rules, replace(NINE, helo="localhost"))
    assert [part.text for part in parts if isinstance(part, Said)][-3:] == [
        "550 5.7.1 HELO localhost is not you",
        "QUIT",
        "221 2.0.0 Bye",
    ]
    assert "log: 127.0.0.9 calls itself localhost" in hooks(parts, "helo")[0].met[-2].notes


def test_what_rules_set_is_told(rules):
    parts = told(rules, replace(NINE, ip="127.0.0.10", rdns="ten.example.net"))
    assert hooks(parts, "connect")[0].changed == {"score": ("0", "1.5")}


def test_a_name_that_is_told_is_not_asked_for(rules):
    traced = trace(rules, replace(NINE, rdns="ten.example.net"))
    assert [e.executed for e in traced.events if isinstance(e, Called) and e.function.name == "rdns"] == [False]


def test_nothing_is_delivered_and_data_is_not_said_without_a_recipient_or_a_message(rules):
    for order in (replace(NINE, rcpt=("x@elsewhere.example",)), replace(NINE, message=None)):
        assert "DATA" not in [part.text for part in told(rules, order) if isinstance(part, Said)]
    assert "would deliver by" in text_of(told(rules, NINE))
    assert {path.name for path in Path.cwd().iterdir()} == {"rules.q", "rcpthosts"}


def test_as_if_authenticated(rules):
    rules.write_text(rules.read_text() + "on mail: if authenticated and relay deny\n")
    (mail,) = hooks(told(rules, replace(NINE, user="ann")), "mail")
    assert mail.verdict is not None
    assert [part.text for part in told(rules, replace(NINE, user="ann")) if isinstance(part, Said)][-3].startswith("550")


def test_a_listener_that_is_not_there_is_said(rules):
    with pytest.raises(KeyError):
        trace(rules, replace(NINE, listener="submission"))
