"""The dialogue: commands, their order, and what the rules' verdicts become."""

from __future__ import annotations

import pytest

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import ACCEPT, DEFER, DENY, DISCARD, ENVELOPE, Talk, coded, codes

_CONTENT = b"Subject: hello\r\n\r\nText\r\n"


def _always(answer):
    return lambda s, t: answer


def _raising(s, t):
    raise KeyError("/etc/secret/path")


def test_a_message_is_delivered_as_it_was_sent():
    talk = Talk()
    assert talk.greeting == b"220 mx.example.org ESMTP\r\n"
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert talk.delivered.contents == [_CONTENT]
    assert talk.delivered.recipients == [["b@example.org"]]


def test_ehlo_announces_what_is_there_and_nothing_else():
    lines = Talk().send(b"EHLO x\r\n").decode().splitlines()
    assert lines == [
        "250-mx.example.org",
        "250-PIPELINING",
        "250-SIZE 25000000",
        "250-8BITMIME",
        "250-ENHANCEDSTATUSCODES",
        "250 HELP",
    ]


@pytest.mark.parametrize(
    ("before", "command", "answer"),
    [
        ((), b"MAIL FROM:<a@b.example>", "503 5.5.1"),
        ((), b"RCPT TO:<a@b.example>", "503 5.5.1"),
        ((), b"DATA", "503 5.5.1"),
        (ENVELOPE[:1], b"RCPT TO:<a@b.example>", "503 5.5.1"),
        (ENVELOPE[:1], b"DATA", "503 5.5.1"),
        (ENVELOPE[:2], b"DATA", "503 5.5.1"),
        (ENVELOPE[:2], b"MAIL FROM:<>", "503 5.5.1"),
        (ENVELOPE, b"MAIL FROM:<>", "503 5.5.1"),
        ((), b"NOOP", "250 2.0.0"),
        ((), b"noop whatever", "250 2.0.0"),
        ((), b"RSET", "250 2.0.0"),
        ((), b"RSET x", "501 5.5.4"),
        ((), b"HELP", "214 2.0.0"),
        ((), b"VRFY postmaster", "252 2.5.0"),
        ((), b"EXPN list", "502 5.5.1"),
        ((), b"AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ((), b"STARTTLS", "502 5.5.1"),
        ((), b"BDAT 10 LAST", "502 5.5.1"),
        ((), b"LHLO x", "500 5.5.2"),
        ((), b"", "500 5.5.2"),
        ((), b"__class__", "500 5.5.2"),
        ((), b"EHLO", "501 5.5.4"),
        ((), b"EHLO " + b"x" * 256, "501 5.5.4"),
        ((), b"HELO x", "250"),
        (ENVELOPE, b"DATA x", "501 5.5.4"),
    ],
)
def test_each_command_has_its_place(before, command, answer):
    talk = Talk()
    talk.say(*before)
    assert talk.say(command) == [answer]


def test_quit_closes():
    talk = Talk()
    assert talk.say(b"QUIT") == ["221 2.0.0"]
    assert talk.closed
    assert talk.send(b"NOOP\r\n") == b""


def test_a_second_ehlo_forgets_the_message_under_way():
    talk = Talk()
    talk.say(*ENVELOPE)
    assert talk.say(b"EHLO again", b"DATA") == ["250", "503 5.5.1"]


def test_after_rset_a_new_message_begins_afresh():
    talk = Talk()
    talk.say(*ENVELOPE, b"RSET")
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert talk.delivered.recipients == [["b@example.org"]]


@pytest.mark.parametrize(("answer", "code"), [(DENY, "550 5.7.1"), (DEFER, "450 4.7.1")])
def test_a_refused_connection_hears_why_and_is_closed(answer, code):
    talk = Talk(connect=_always(answer))
    assert coded(talk.greeting) == code
    assert talk.closed


def test_a_refused_helo_leaves_everything_as_it_was():
    talk = Talk(helo=lambda s, t: DENY if s.helo == "bad.example" else None)
    assert talk.say(b"EHLO BAD.example", b"MAIL FROM:<>") == ["550 5.7.1", "503 5.5.1"]
    talk.say(*ENVELOPE)
    assert talk.say(b"HELO bad.example", b"DATA") == ["550 5.7.1", "354"]
    assert (talk.session.helo, talk.session.esmtp) == ("client.example.net", True)


@pytest.mark.parametrize(("answer", "code"), [(DENY, "550 5.7.1"), (DEFER, "450 4.7.1"), (ACCEPT, "250 2.0.0")])
def test_mail_answers_with_the_verdict(answer, code):
    talk = Talk(mail=_always(answer))
    assert talk.say(b"EHLO x", b"MAIL FROM:<a@b.example>")[1] == code
    assert (talk.session.transaction is None) == (answer is not ACCEPT)


def test_a_refused_recipient_leaves_the_others():
    talk = Talk()
    assert talk.say(*ENVELOPE, b"RCPT TO:<x@nowhere.example>", b"RCPT TO:<c@example.org>")[3:] == ["550 5.7.1", "250 2.1.5"]
    talk.say(b"DATA")
    talk.send(_CONTENT + b".\r\n")
    assert talk.delivered.recipients == [["b@example.org", "c@example.org"]]
    assert [r["recipient"] for r in talk.journal.named("refused")] == ["x@nowhere.example"]


@pytest.mark.parametrize("answer", [None, ACCEPT])
def test_a_recipient_that_no_gate_has_marked_is_not_accepted_whatever_the_rules_say(answer):
    talk = Talk(rcpt=_always(answer))
    assert talk.say(*ENVELOPE, b"DATA")[2:] == ["451 4.7.1", "503 5.5.1"]
    assert [r["level"] for r in talk.journal.named("relay-stopped")] == ["critical"]


def test_a_mark_is_for_one_recipient_only():
    marks = iter((True, False))

    def rcpt(s, t):
        if next(marks):
            t.marked = True

    talk = Talk(rcpt=rcpt)
    assert talk.say(*ENVELOPE, b"RCPT TO:<other@nowhere.example>")[2:] == ["250 2.1.5", "451 4.7.1"]


def test_a_client_that_may_relay_needs_no_mark():
    def connect(s, t):
        s.relay = True

    talk = Talk(connect=connect, rcpt=_always(None))
    assert talk.say(*ENVELOPE)[2] == "250 2.1.5"


def test_relay_set_for_one_message_is_gone_at_the_next():
    def mail(s, t):
        if t.sender.local == "a":
            s.relay = True

    talk = Talk(mail=mail, rcpt=_always(None))
    talk.say(*ENVELOPE)
    assert talk.say(b"RSET", b"MAIL FROM:<b@example.net>", b"RCPT TO:<b@example.org>")[2] == "451 4.7.1"


def test_a_discarded_recipient_hears_ok_and_gets_nothing():
    talk = Talk(rcpt=lambda s, t: DISCARD if t.recipient.local == "trap" else setattr(t, "marked", True))
    assert talk.say(*ENVELOPE, b"RCPT TO:<trap@example.org>")[3] == "250 2.0.0"
    talk.say(b"DATA")
    talk.send(_CONTENT + b".\r\n")
    assert talk.delivered.recipients == [["b@example.org"]]
    assert [r["recipient"] for r in talk.journal.named("discarded")] == ["trap@example.org"]


def test_a_message_for_discarded_recipients_only_is_read_and_goes_nowhere():
    talk = Talk(rcpt=_always(DISCARD))
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert talk.delivered.contents == []
    assert [r["verdict"] for r in talk.journal.named("message")] == ["discard"]


def test_data_discarded_reads_the_message_and_drops_it():
    talk = Talk(data=_always(DISCARD))
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert talk.delivered.contents == []


@pytest.mark.parametrize("answer", [DENY, DEFER])
def test_data_refused_is_answered_before_the_message_is_sent(answer):
    talk = Talk(data=_always(answer))
    assert talk.say(*ENVELOPE, b"DATA", b"MAIL FROM:<>")[3:] == [coded(answer.reply), "250 2.1.0"]


@pytest.mark.parametrize("hook", ["data_post", "queue"])
@pytest.mark.parametrize("answer", [DENY, DEFER, DISCARD])
def test_a_verdict_on_the_message_is_its_answer_and_nothing_is_delivered(hook, answer):
    talk = Talk(**{hook: _always(answer)})
    assert talk.message(_CONTENT) == coded(answer.reply)
    assert talk.delivered.contents == []
    assert [r["verdict"] for r in talk.journal.named("message")] == [answer.verb.value]


def test_without_a_delivery_the_message_is_deferred():
    assert Talk(queue=_always(None)).message(_CONTENT) == "451 4.3.0"


def test_the_delivery_gives_the_text_of_the_answer():
    talk = Talk(queue=_always(verdict(Verb.ACCEPT, "q", 250, "2.0.0", "Queued as 42")))
    talk.begin()
    assert talk.send(_CONTENT + b".\r\n") == b"250 2.0.0 Queued as 42\r\n"


@pytest.mark.parametrize("hook", ["connect", "helo", "mail", "rcpt", "data", "data_post", "queue"])
def test_rules_that_raise_defer_and_say_nothing_of_it(hook):
    talk = Talk(**{hook: _raising})
    said = talk.greeting
    for command in (*(line + b"\r\n" for line in ENVELOPE), b"DATA\r\n", _CONTENT + b".\r\n"):
        if b"451" not in said and not talk.closed:
            said += talk.send(command)
    assert b"451 4.3.0" in said
    assert b"secret" not in said and b"KeyError" not in said
    assert "/etc/secret/path" in talk.journal.named("error")[0]["traceback"]
    assert talk.delivered.contents == []


@pytest.mark.parametrize("hook", ["helo", "mail", "rcpt", "data", "data_post", "queue"])
def test_and_disconnect_closes_after_the_answer(hook):
    talk = Talk(**{hook: _always(verdict(Verb.DENY, "r", 550, "5.7.1", "Go away", disconnect=True))})
    for command in (*(line + b"\r\n" for line in ENVELOPE), b"DATA\r\n", _CONTENT + b".\r\n"):
        said = talk.send(command)
        if talk.closed:
            break
    assert said == b"550 5.7.1 Go away\r\n"


def test_the_score_starts_each_message_with_what_connect_and_the_last_helo_gave():
    seen = []

    def connect(s, t):
        s.score += 1

    def helo(s, t):
        s.score += 10

    def mail(s, t):
        seen.append(s.score)
        s.score += 100

    talk = Talk(connect=connect, helo=helo, mail=mail)
    talk.say(b"HELO x", b"MAIL FROM:<>", b"RSET", b"MAIL FROM:<>", b"HELO y", b"MAIL FROM:<>")
    assert seen == [11, 11, 11]


def test_one_record_a_message_says_what_became_of_it():
    talk = Talk()
    talk.message(_CONTENT)
    (record,) = talk.journal.named("message")
    assert record["sender"] == "a@example.net"
    assert record["recipients"] == ["b@example.org"]
    assert (record["size"], record["verdict"], record["rule"]) == (len(_CONTENT), "accept", "rules.q:4")
    assert record["session"] == talk.session.session_id


def test_the_trace_field_names_client_server_and_recipient():
    talk = Talk()
    talk.message(_CONTENT)
    assert talk.delivered.traces[0].decode() == (
        "Received: from client.example.net ([203.0.113.9])\r\n"
        f"\tby mx.example.org with ESMTP id {talk.session.session_id}.1\r\n"
        "\tfor <b@example.org>;\r\n\tTue, 14 Nov 2023 22:13:20 +0000\r\n"
    )


def test_the_trace_field_holds_nothing_odd_of_the_name_in_helo():
    talk = Talk()
    talk.say(b'HELO a(b;c<d>"e f', *ENVELOPE[1:], b"RCPT TO:<c@example.org>", b"DATA")
    talk.send(_CONTENT + b".\r\n")
    assert talk.delivered.traces[0].startswith(
        b"Received: from a?b?c?d??e?f ([203.0.113.9])\r\n\tby mx.example.org with SMTP id "
    )
    assert b"for <" not in talk.delivered.traces[0]


def test_fifty_trace_fields_are_many_and_fifty_one_a_loop():
    hop = b"rEceived: from a by b\r\n"
    assert Talk().message(hop * 50 + b"\r\ntext\r\n") == "250 2.0.0"
    assert Talk().message(hop * 51 + b"\r\ntext\r\n") == "554 5.4.6"


def test_pipelined_groups_are_answered_in_order():
    talk = Talk()
    talk.say(b"EHLO x")
    group = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<b@nowhere.example>\r\nDATA\r\n"
    assert codes(talk.send(group)) == ["250", "250", "550", "354"]
    assert codes(talk.send(_CONTENT + b".\r\n" + group)) == ["250", "250", "250", "550", "354"]
    assert codes(talk.send(_CONTENT + b".\r\nQUIT\r\n")) == ["250", "221"]


@pytest.mark.parametrize(
    "group",
    [
        b"EHLO x\r\nMAIL FROM:<>\r\n",
        b"HELO x\r\nN",
        b"EHLO x\r\nEHLO x\r\n",
    ],
)
def test_what_follows_helo_before_its_answer_ends_the_session(group):
    talk = Talk()
    assert coded(talk.send(group)) == "554 5.5.0"
    assert talk.closed


def test_what_follows_data_before_its_answer_ends_the_session():
    talk = Talk()
    talk.say(*ENVELOPE)
    assert talk.send(b"DATA\r\nSubject: x\r\n") == b"554 5.5.0 Wait for the reply before you go on\r\n"
    assert talk.closed and talk.delivered.contents == []


def test_a_full_batch_of_replies_waits_to_be_written():
    talk = Talk(ServerSettings(max_commands_without_mail=1000))
    talk.machine.feed(b"NOOP\r\n" * 300)
    assert len(talk.machine.out) == 128 and talk.machine.more
    assert len(codes(talk.read())) == 300


def test_a_client_that_does_not_read_is_not_worked_for():
    talk = Talk()
    talk.machine.blocked = True
    assert talk.send(b"NOOP\r\nNO") == b"" and talk.send(b"OP\r\n") == b""
    talk.machine.blocked = False
    talk.machine.go_on()
    assert codes(talk.read()) == ["250", "250"]


def test_the_end_of_a_session_is_recorded_once_and_seen_by_the_rules():
    seen = []
    talk = Talk(disconnect=lambda s, t: seen.append((s.karma, t)))
    talk.message(_CONTENT)
    talk.say(b"QUIT")
    talk.machine.lost()
    talk.machine.lost()
    assert seen == [(0, None)]
    assert [(r["reason"], r["messages"]) for r in talk.journal.named("disconnect")] == [("quit", 1)]


def test_session_names_differ_and_stay():
    one, other = Talk(), Talk()
    assert one.session.session_id == one.session.session_id != other.session.session_id


def test_every_reply_but_greeting_helo_and_354_has_an_enhanced_code():
    talk = Talk()
    said = talk.say(
        *ENVELOPE, b"RCPT TO:<x@y.example>", b"FOO", b"VRFY x", b"HELP", b"NOOP", b"EXPN x", b"RSET", b"DATA", b"QUIT"
    )
    assert all(len(code.split()) == 2 for code in said[1:])
