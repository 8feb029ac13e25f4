"""Rules as text, compiled and run by the engine, at every moment of the dialogue."""

from __future__ import annotations

import pytest

from rules_in_dialogue import Served
from smtp_dialogue import ENVELOPE, coded

_CONTENT = b"Subject: hello\r\nFrom: a@example.net\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nText\r\n"


def _rules(text, **more):
    return Served(text, delivery="on queue: discard\n", **more)


async def _sent(talk, content=_CONTENT):
    """The answers to a whole message."""
    said = talk.say(*ENVELOPE, b"DATA")
    reply = talk.send(content + b".\r\n") + await talk.settle()
    return [*said, coded(reply)]


def test_a_connection_may_be_refused_before_anything_else():
    talk = _rules('on pre_connection: if ip in "203.0.113.0/24" deny "Not you"\non connect: log("connect")')
    assert talk.greeting == b"554 5.7.1 Not you\r\n" and talk.closed
    assert talk.logged == ["Not you"]


async def test_the_header_section_alone_may_decide():
    talk = _rules('on data_headers_end: if header.subject and header.subject == "hello" deny "No hellos"')
    assert (await _sent(talk))[-1] == "554 5.7.1"
    assert (await _sent(talk, b"Subject: bye\r\n\r\n"))[-1] == "250 2.0.0"


async def test_a_message_may_be_put_aside():
    talk = _rules('on data_post: if message.size > 10B quarantine "spam"')
    assert (await _sent(talk))[-1] == "250 2.0.0"
    assert [place for place, _, _ in talk.put_aside.kept] == ["spam"]


async def test_scores_with_names_add_up_and_begin_anew_with_each_message():
    talk = _rules(
        """
on connect: score += 1.5 as CONNECT
on mail: score += 2 as MAIL
on rcpt: score += 4 as RCPT
on data_post: log("{{ score }} {{ symbols | join(' ') }}")
on reset_transaction: log("{{ score }}")
"""
    )
    talk.say(*ENVELOPE, b"RCPT TO:<c@example.org>", b"DATA")
    talk.send(_CONTENT + b".\r\n")
    await _sent(talk)
    texts = [r["text"] for r in talk.journal.named("rule-log")]
    assert texts == ["7.5 CONNECT MAIL RCPT", "7.5"] * 2


def test_a_verdict_may_be_decided_at_connect_and_said_at_rcpt():
    talk = _rules('on connect: if ip in "203.0.113.0/24" deny at rcpt 5.7.1 "Listed"')
    assert talk.say(*ENVELOPE, b"RCPT TO:<c@example.org>")[2:] == ["550 5.7.1", "550 5.7.1"]
    assert [r["text"] for r in talk.journal.named("refused")] == ["Listed", "Listed"]


def test_a_kept_verdict_may_be_said_where_the_rules_say_so():
    talk = _rules(
        """
on mail: deny at rcpt
on rcpt:
    if pending log("waits")
    if recipient.local != "postmaster":
        enforce
"""
    )
    assert talk.say(*ENVELOPE, b"RCPT TO:<postmaster@example.org>")[2:] == ["550 5.7.1", "250 2.1.5"]
    assert [r["text"] for r in talk.journal.named("rule-log")] == ["waits", "waits"]


def test_variables_of_connection_and_transaction():
    talk = _rules(
        """
var messages = 0 per connection
var recipients_seen = 0 per transaction
on mail:
    messages += 1
    log("message {{ messages }}")
on rcpt:
    recipients_seen += 1
    if recipients_seen > 1 defer "One at a time"
"""
    )
    assert talk.say(*ENVELOPE, b"RCPT TO:<c@example.org>")[3] == "450 4.7.1"
    assert talk.say(b"RSET", *ENVELOPE[1:])[2] == "250 2.1.5"
    assert [r["text"] for r in talk.journal.named("rule-log")] == ["message 1", "message 2"]


def test_rules_in_shadow_are_recorded_and_not_enforced():
    talk = _rules(
        """
shadow on connect: score += 5
shadow on rcpt: if recipient.local == "b" deny "Never"
on rcpt: log("{{ score }}")
"""
    )
    assert talk.say(*ENVELOPE)[2] == "250 2.1.5"
    assert [(r["hook"], r["text"]) for r in talk.journal.named("would-have")] == [("rcpt", "Never")]
    assert [r["text"] for r in talk.journal.named("rule-log")] == ["0"]


def test_a_policy_in_shadow_keeps_its_own_memory():
    talk = _rules(
        """
policy counted(limit: number = 2):
    var seen = 0 per connection
    on helo: seen += 1
    on mail:
        seen += 1
        if seen > limit deny "Too much"
shadow apply counted()
"""
    )
    assert talk.say(*ENVELOPE[:2], b"RSET", b"MAIL FROM:<>") == ["250", "250 2.1.0", "250 2.0.0", "250 2.1.0"]
    assert [r["text"] for r in talk.journal.named("would-have")] == ["Too much"]


@pytest.mark.parametrize(
    ("rule", "line", "answer"),
    [
        ('on noop: if argument == "please" reply 250 "You are welcome"', b"NOOP please", b"250 2.0.0 You are welcome\r\n"),
        ("on noop: reply 250", b"NOOP", b"250 2.0.0 Ok\r\n"),
        ('on vrfy: reply 252 "Try {{ argument }}"', b"VRFY ann", b"252 2.5.0 Try ann\r\n"),
        ('on help: reply 214 "Read the book"', b"HELP", b"214 2.0.0 Read the book\r\n"),
        ('on quit: reply 221 "So long"', b"QUIT", b"221 2.0.0 So long\r\n"),
        (
            'on unrecognized_command: if command == "XYZZY" reply 250 2.0.0 "Nothing happens"',
            b"xyzzy",
            b"250 2.0.0 Nothing happens\r\n",
        ),
        ("on unrecognized_command: defer and disconnect", b"FOO", b"421 4.7.0 Temporarily refused, closing the connection\r\n"),
    ],
)
def test_commands_may_be_answered_by_rules(rule, line, answer):
    assert _rules(rule).send(line + b"\r\n") == answer


async def test_what_happened_is_seen_by_rules_that_look_on():
    talk = _rules(
        """
on denied:
    karma -= 1
    log("denied {{ verdict.verb }} {{ verdict.code }} at {{ verdict.hook }}: {{ verdict.text }}")
on accepted: log("accepted {{ verdict.verb }} at {{ verdict.hook }}")
on reset_transaction: log("end of {{ sender }}")
on disconnect: log("karma {{ karma }}")
"""
    )
    talk.say(*ENVELOPE[:2], b"RCPT TO:<x@nowhere.example>", ENVELOPE[2], b"DATA")
    talk.send(_CONTENT + b".\r\n")
    talk.machine.lost()
    assert [r["text"] for r in talk.journal.named("rule-log")] == [
        "accepted accept at mail",
        "denied deny 550 at rcpt: Recipient refused by policy",
        "accepted accept at rcpt",
        "accepted accept at data_post",
        "accepted discard at queue",
        "end of a@example.net",
        "karma -1",
    ]


async def test_the_shipped_policy_refuses_an_old_message():
    talk = _rules("apply headers(past = 1d)")
    old = _CONTENT.replace(b"14 Nov", b"01 Nov")
    assert (await _sent(talk))[-1] == "250 2.0.0"
    assert (await _sent(talk, old))[-1] == "550 5.6.0"


async def test_the_header_may_be_changed_as_soon_as_it_is_there():
    talk = _rules(
        """
on data_headers_end:
    unless has_headers(["From"]) deny
    set_header("X-Seen", "at {{ score }}")
on data_post: if header["X-Seen"] log(header["X-Seen"] ?? "")
"""
    )
    assert (await _sent(talk))[-1] == "250 2.0.0"
    assert [r["text"] for r in talk.journal.named("rule-log")] == ["at 0"]
    assert (await _sent(talk, b"Subject: x\r\n\r\n"))[-1] == "554 5.7.1"
