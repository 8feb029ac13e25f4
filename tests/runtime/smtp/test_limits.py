"""Limits, and input that is no SMTP: the session goes on, or ends with 421, and nothing raw comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Size
from smtp_dialogue import ENVELOPE, Talk, coded, codes, pieces

_CONTENT = b"Subject: x\r\n\r\ntext\r\n"


@pytest.mark.parametrize("length", [2049, 4000, 100_000])
def test_a_command_line_that_is_too_long_is_refused_once_and_the_next_command_works(length):
    talk = Talk()
    assert codes(talk.send(b"NOOP " + b"x" * length + b"\r\nNOOP\r\n")) == ["500", "250"]


def test_a_line_of_the_limit_is_taken():
    assert codes(Talk().send(b"NOOP " + b"x" * 2042 + b"\r\n")) == ["250"]


def test_a_command_without_end_takes_no_memory():
    talk = Talk()
    said = b"".join(talk.send(b"x" * 65536) for _ in range(100))
    assert coded(said) == "500 5.5.2" and len(codes(said)) == 1
    assert len(talk.machine.rest) == 0
    assert talk.send(b"\r\nNOOP\r\n") == b"250 2.0.0 Ok\r\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"NOOP\n", "500 5.5.2"),
        (b"NOOP \0\r\n", "501 5.5.2"),
        (b"EHLO a\x1b[31m\r\n", "501 5.5.2"),
        (b"NOOP\rNOOP\r\n", "501 5.5.2"),
        (b"RCPT TO:<\xff@x>\r\n", "501 5.5.2"),
        (b'RCPT TO:<"a\\\rb"@b>\r\n', "501 5.5.2"),
        (b"\x1b[31m\r\n", "501 5.5.2"),
        (b"NOOP\r\r\n", "501 5.5.2"),
    ],
)
def test_what_is_not_printable_is_refused_and_never_comes_back(line, code):
    talk = Talk()
    said = talk.send(line)
    assert coded(said) == code
    assert said[:-2].decode("ascii").isprintable()
    assert talk.say(b"NOOP") == ["250 2.0.0"]


def test_one_recipient_too_many_is_deferred_and_the_message_still_goes():
    talk = Talk(ServerSettings(max_recipients=2))
    assert talk.say(*ENVELOPE, b"RCPT TO:<c@example.org>", b"RCPT TO:<d@example.org>")[3:] == ["250 2.1.5", "452 4.5.3"]
    assert talk.say(b"DATA") == ["354"]
    assert coded(talk.send(_CONTENT + b".\r\n")) == "250 2.0.0"
    assert talk.delivered.recipients == [["b@example.org", "c@example.org"]]


def test_too_many_errors_end_the_session():
    talk = Talk(ServerSettings(max_errors=3))
    assert codes(talk.send(b"A\r\nB\r\nC\r\nNOOP\r\n")) == ["500", "500", "500", "421"]
    assert talk.closed


def test_refused_recipients_are_errors_and_an_accepted_message_forgives_them():
    talk = Talk(ServerSettings(max_errors=3))
    talk.say(*ENVELOPE, b"RCPT TO:<x@nowhere.example>", b"RCPT TO:<y@nowhere.example>", b"DATA")
    talk.send(_CONTENT + b".\r\n")
    assert talk.say(b"FOO", b"BAR", b"NOOP") == ["500 5.5.2", "500 5.5.2", "250 2.0.0"]


def test_commands_that_lead_nowhere_end_the_session():
    talk = Talk(ServerSettings(max_commands_without_mail=5))
    assert codes(talk.send(b"EHLO x\r\n") + talk.send(b"NOOP\r\nRSET\r\nVRFY x\r\nHELP\r\nNOOP\r\n")) == ["250"] * 1 + [
        "250",
        "250",
        "252",
        "214",
        "421",
    ]
    assert talk.closed


def test_a_message_over_the_size_is_refused_after_its_end_and_the_session_goes_on():
    talk = Talk(ServerSettings(max_size=Size(1000)))
    assert talk.message(b"Subject: x\r\n\r\n" + b"text\r\n" * 200) == "552 5.3.4"
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert talk.delivered.contents == [_CONTENT]


def test_a_line_that_is_too_long_is_refused():
    settings = ServerSettings(max_line=Size(1000))
    assert Talk(settings).message(b"\r\n" + b"x" * 1000 + b"\r\n") == "250 2.0.0"
    assert Talk(settings).message(b"\r\n" + b"x" * 1001 + b"\r\n") == "550 5.6.0"


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_whatever_comes_every_answer_is_proper_smtp(data, cuts):
    talk = Talk()
    said = b"".join(talk.send(piece) for piece in pieces(data, cuts))
    for line in said.split(b"\r\n")[:-1]:
        text = line.decode("ascii")
        assert text[:3].isdigit() and text[3] in " -" and text.isprintable()


_LINES = st.sampled_from(
    [b"NOOP", b"RSET", b"MAIL FROM:<a@b.example>", b"MAIL FROM:<>", b"RCPT TO:<b@example.org>", b"RCPT TO:<x@y.example>", b"FOO"]
    + [b"VRFY x", b"x" * 2100, b"NOOP\n", b"NOOP \0", b"MAIL FROM:<a@b.example> SIZE=10", b"rcpt to: <c@example.org>"]
)


@given(st.lists(_LINES, max_size=12), st.lists(st.integers(0, 5000), max_size=8))
def test_commands_cut_anywhere_are_answered_the_same(lines, cuts):
    data = b"".join(line + b"\r\n" for line in lines)
    whole, cut = Talk(), Talk()
    whole.say(b"EHLO x")
    cut.say(b"EHLO x")
    assert b"".join(cut.send(piece) for piece in pieces(data, cuts)) == whole.send(data)
