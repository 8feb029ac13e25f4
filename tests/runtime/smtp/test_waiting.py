"""Rules that wait: input is kept in order, early talkers are refused, and a client that has gone gets nothing delivered."""

from __future__ import annotations

import asyncio

import pytest

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Duration
from smtp_dialogue import ACCEPT, DENY, ENVELOPE, Talk, coded, codes, ours

_CONTENT = b"Subject: x\r\n\r\ntext\r\n"


async def _nothing(s, t):
    await asyncio.sleep(0)


async def _gate(s, t):
    await asyncio.sleep(0)
    return ours(s, t)


async def test_replies_keep_their_order_while_every_hook_waits():
    talk = Talk(connect=_nothing, helo=_nothing, mail=_nothing, rcpt=_gate, data=_nothing, data_post=_nothing)
    assert codes(await talk.settle()) == ["220"]
    talk.send(b"EHLO x\r\n")
    assert codes(await talk.settle()) == ["250"]
    assert (
        talk.send(b"NOOP\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n") == b"250 2.0.0 Ok\r\n"
    )
    assert codes(await talk.settle()) == ["250", "250", "550", "354"]
    assert talk.send(_CONTENT + b".\r\nRSET\r\nNOOP\r\n") == b""
    assert codes(await talk.settle()) == ["250", "250", "250"]
    assert talk.delivered.contents == [_CONTENT]


@pytest.mark.parametrize(
    ("hook", "before", "command"),
    [("connect", (), b""), ("helo", (), b"EHLO x\r\n"), ("data", ENVELOPE, b"DATA\r\n")],
)
async def test_what_comes_before_the_answer_it_should_wait_for_ends_the_session(hook, before, command):
    talk = Talk(**{hook: _nothing})
    talk.say(*before)
    talk.send(command)
    assert talk.send(b"MAIL FROM:<evil@x.example>\r\n") == b""
    assert coded(await talk.settle()) == "554 5.5.0"
    assert talk.closed


async def test_an_early_talker_is_the_rules_matter_when_they_ask():
    async def connect(s, t):
        if await s.talked_early(5):
            return DENY
        return None

    talk = Talk(connect=connect)
    asking = asyncio.ensure_future(talk.settle())
    await asyncio.sleep(0)
    talk.send(b"EHLO x\r\n")
    assert await asking == DENY.reply
    assert talk.closed


async def test_an_early_talker_that_the_rules_let_pass_is_served():
    async def connect(s, t):
        assert await s.talked_early(5)

    talk = Talk(connect=connect)
    talk.send(b"EHLO x\r\n")
    assert codes(await talk.settle()) == ["220", "250"]


async def test_a_silent_client_is_no_early_talker():
    heard = []

    async def connect(s, t):
        heard.append(await s.talked_early(0))

    talk = Talk(connect=connect)
    assert codes(await talk.settle()) == ["220"]
    assert heard == [False]


def _at_data(verdict):
    async def data(s, t):
        return verdict if await s.talked_early(5) else None

    return data


@pytest.mark.parametrize("together", [True, False])
async def test_what_follows_data_too_early_is_the_rules_matter_when_they_ask_and_no_command_after_a_refusal(together):
    talk = Talk(data=_at_data(DENY))
    talk.say(*ENVELOPE)
    if together:
        talk.send(b"DATA\r\nRSET\r\nMAIL FROM:<evil@x.example>\r\n")
    asking = asyncio.ensure_future(talk.settle())
    if not together:
        talk.send(b"DATA\r\n")
        await asyncio.sleep(0)
        talk.send(b"RSET\r\n")
    assert await asking == DENY.reply
    assert talk.closed and talk.session.transaction is None


async def test_a_message_sent_before_354_is_taken_when_the_rules_let_it_pass():
    talk = Talk(data=_at_data(None))
    talk.say(*ENVELOPE)
    talk.send(b"DATA\r\n" + _CONTENT + b".\r\nNOOP\r\n")
    assert codes(await talk.settle()) == ["354", "250", "250"]
    assert talk.delivered.contents == [_CONTENT]


@pytest.mark.parametrize("command", [b"DATA now\r\nRSET\r\n", b"DATA\r\nRSET\r\n"])
async def test_rules_decide_nothing_of_a_data_that_could_not_be_taken_anyway(command):
    talk = Talk(data=_at_data(None))
    talk.say(b"EHLO x", *([b"MAIL FROM:<>", b"RCPT TO:<b@example.org>"] if b"now" in command else []))
    assert talk.send(command).startswith(b"554 5.5.0")
    assert talk.closed


async def test_rules_that_do_not_wait_have_not_asked():
    talk = Talk(data=lambda s, t: None)
    talk.say(*ENVELOPE)
    assert talk.send(b"DATA\r\nRSET\r\n").startswith(b"554 5.5.0")
    assert talk.closed


async def test_an_early_talker_before_the_greeting_may_behave_at_data():
    heard = []

    async def listen(s, t):
        heard.append(await s.talked_early(0.001))

    talk = Talk(connect=listen, data=listen)
    for command in (*ENVELOPE, b"DATA"):
        talk.send(command + b"\r\n")
        await talk.settle()
    assert heard == [True, False]


async def test_a_client_waits_once_however_often_rules_ask():
    async def connect(s, t):
        for seconds in (0.002, 0.003, 0.001):
            await s.talked_early(seconds)

    talk = Talk(connect=connect)
    assert codes(await talk.settle()) == ["220"]
    assert talk.session.turn.waited == 0.003


async def test_a_hook_that_outlives_its_budget_is_deferred(monkeypatch):
    monkeypatch.setattr("qpsmtpd.runtime.engine.hooks.run_hook.__kwdefaults__", {"grace": 0.0})

    async def rcpt(s, t):
        await asyncio.Event().wait()

    talk = Talk(ServerSettings(command_budget=Duration(0.01)), rcpt=rcpt)
    talk.say(*ENVELOPE)
    assert coded(await talk.settle()) == "451 4.3.0"
    assert talk.say(b"NOOP") == ["250 2.0.0"]


async def test_a_client_that_goes_during_data_post_gets_nothing_delivered():
    talk = Talk(data_post=_nothing)
    talk.begin()
    talk.send(_CONTENT + b".\r\n")
    talk.machine.lost()
    await talk.settle()
    assert talk.delivered.contents == []
    assert [r["verdict"] for r in talk.journal.named("message")] == ["abandoned"]
    assert len(talk.journal.named("disconnect")) == 1


async def test_a_client_that_has_hung_up_before_the_delivery_is_deferred():
    talk = Talk(data_post=_nothing)
    talk.begin()
    talk.send(_CONTENT + b".\r\n")
    talk.machine.hang_up()
    assert coded(await talk.settle()) == "451 4.4.2"
    assert talk.delivered.contents == []


async def test_a_delivery_that_has_begun_ends_and_is_recorded_though_the_client_has_gone():
    seen = []

    async def queue(s, t):
        await asyncio.sleep(0)
        seen.append(t.gone)
        return ACCEPT

    talk = Talk(queue=queue)
    talk.begin()
    talk.send(_CONTENT + b".\r\n")
    talk.machine.lost()
    assert talk.machine.busy
    await talk.settle()
    assert seen == [True]
    assert [r["verdict"] for r in talk.journal.named("message")] == ["accept"]
    assert len(talk.journal.named("disconnect")) == 1


async def test_rules_at_disconnect_may_wait():
    seen = []

    async def disconnect(s, t):
        await asyncio.sleep(0)
        seen.append(str(s.ip))

    talk = Talk(disconnect=disconnect)
    talk.machine.lost()
    await talk.settle()
    assert seen == ["203.0.113.9"]
    assert len(talk.journal.named("disconnect")) == 1


@pytest.mark.parametrize("steps", range(6))
async def test_a_client_may_go_at_every_step(steps):
    talk = Talk(mail=_nothing, rcpt=_gate, data=_nothing, data_post=_nothing)
    for command in (*ENVELOPE, b"DATA", _CONTENT + b".")[:steps]:
        await talk.settle()
        talk.send(command + b"\r\n")
    talk.machine.lost()
    await talk.settle()
    assert talk.delivered.contents == []
    assert len(talk.journal.named("disconnect")) == 1
    assert talk.journal.named("error") == [] and talk.journal.named("refused") == []
