"""NOOP, VRFY, HELP, QUIT and commands that are not served, with rules that answer them."""

from __future__ import annotations

import asyncio

import pytest

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DEFER, DENY, ENVELOPE, Talk, coded, codes

_COMMANDS = [
    ("noop", b"NOOP here", "250 2.0.0"),
    ("vrfy", b"VRFY here", "252 2.5.0"),
    ("help", b"HELP here", "214 2.0.0"),
    ("quit", b"QUIT", "221 2.0.0"),
    ("unrecognized_command", b"XFOO here", "500 5.5.2"),
    ("unrecognized_command", b"EXPN here", "502 5.5.1"),
    ("unrecognized_command", b"", "500 5.5.2"),
]


def _reply(code, enhanced="2.0.0", **more):
    return verdict(Verb.REPLY, "rules.q:7", code, enhanced, "As the rules say", **more)


@pytest.mark.parametrize(("hook", "line", "usual"), _COMMANDS)
def test_without_a_verdict_the_answer_is_the_usual_one(hook, line, usual):
    seen = []
    talk = Talk(**{hook: lambda s, t: seen.append((s.command, s.argument))})
    assert talk.say(line) == [usual]
    word, _, argument = line.decode().partition(" ")
    assert seen == [(word, argument)]
    assert talk.closed == (hook == "quit")


@pytest.mark.parametrize(("hook", "line", "_"), _COMMANDS)
def test_rules_may_answer_themselves(hook, line, _):
    talk = Talk(**{hook: lambda s, t: _reply(250)})
    assert talk.send(line + b"\r\n") == b"250 2.0.0 As the rules say\r\n"
    assert talk.closed == (hook == "quit")


@pytest.mark.parametrize(("hook", "line", "_"), _COMMANDS)
@pytest.mark.parametrize("answer", [DENY, DEFER])
def test_rules_may_refuse(hook, line, _, answer):
    talk = Talk(**{hook: lambda s, t: answer})
    assert talk.say(line) == [coded(answer.reply)]
    assert [r["hook"] for r in talk.journal.named("refused")] == [hook]
    assert talk.closed == (hook == "quit")


def test_the_word_is_in_upper_case_and_the_argument_as_it_was_sent():
    seen = []
    talk = Talk(unrecognized_command=lambda s, t: seen.append((s.command, s.argument)))
    talk.say(b"xFoo  Bar=baz ")
    assert seen == [("XFOO", " Bar=baz ")]


def test_an_answer_of_the_rules_that_is_negative_for_good_counts_as_an_error():
    talk = Talk(ServerSettings(max_errors=2), unrecognized_command=lambda s, t: _reply(521, "5.7.0"))
    assert codes(talk.send(b"A\r\nB\r\n")) == ["521", "521", "421"]


def test_a_friendly_answer_is_no_error_but_no_message_either():
    talk = Talk(ServerSettings(max_errors=2, max_commands_without_mail=3), unrecognized_command=lambda s, t: _reply(250))
    assert codes(talk.send(b"A\r\nB\r\nC\r\nD\r\n")) == ["250", "250", "250", "421"]


def test_rules_may_close_the_connection_after_their_answer():
    talk = Talk(noop=lambda s, t: _reply(421, "4.7.0", disconnect=True))
    assert talk.say(b"NOOP") == ["421 4.7.0"] and talk.closed


def test_what_a_command_sets_outside_a_message_is_gone_when_one_begins():
    def noop(s, t):
        s.score += 5
        s.relay = s.trusted = True
        s.karma += 1

    talk = Talk(noop=noop, rcpt=lambda s, t: None)
    talk.say(b"NOOP")
    assert talk.say(*ENVELOPE)[2] == "451 4.7.1"
    assert (talk.session.score, talk.session.karma) == (0, 1)
    assert talk.say(b"NOOP", b"RCPT TO:<b@example.org>") == ["250 2.0.0", "250 2.1.5"]


async def test_rules_that_wait_keep_the_order_of_answers():
    async def wait(s, t):
        await asyncio.sleep(0)
        return _reply(250) if s.command == "XFOO" else None

    talk = Talk(**dict.fromkeys(("noop", "vrfy", "help", "quit", "unrecognized_command"), wait))
    assert talk.send(b"NOOP\r\nVRFY x\r\nXFOO\r\nXBAR\r\nHELP\r\nQUIT\r\nNOOP\r\n") == b""
    assert codes(await talk.settle()) == ["250", "252", "250", "500", "214", "221"]
    assert talk.closed


@pytest.mark.parametrize("hook", ["noop", "vrfy", "help", "quit", "unrecognized_command"])
def test_rules_that_raise_defer_the_command(hook):
    def raising(s, t):
        raise KeyError("secret")

    talk = Talk(**{hook: raising})
    line = {"unrecognized_command": b"XFOO"}.get(hook, hook.upper().encode())
    assert talk.say(line) == ["451 4.3.0"]
