"""Rules that wait amid a message and rules that look on, over loopback sockets: what clients hear, and when."""

from __future__ import annotations

import asyncio

import pytest

from loopback_server import until
from smtp_dialogue import DENY, ENVELOPE, coded

_HEAD = b"Subject: x\r\n\r\n"


class Waiting:
    """Rules that wait until they may go on."""

    def __init__(self):
        self.begun, self.ended = [], []
        self.go_on = asyncio.Event()

    async def __call__(self, s, t):
        self.begun.append(s.hook)
        await self.go_on.wait()
        self.ended.append(s.hook)


def test_the_reply_goes_out_before_those_who_look_on_have_ended(played):
    rules = Waiting()

    async def play(server):
        client = await server.client()
        await client.reply()
        assert await client.say(b"EHLO x", *ENVELOPE[1:2], b"RCPT TO:<x@nowhere.example>") == ["250", "250 2.1.0", "550 5.7.1"]
        client.writer.write(b"NOOP\r\n")
        await until(lambda: rules.begun)
        assert rules.ended == []
        rules.go_on.set()
        assert coded(await client.reply()) == "250 2.0.0"
        assert rules.ended == ["denied"]
        client.writer.close()

    played(play, denied=rules)


@pytest.mark.parametrize("ending", ["reset", "close", "wait"])
def test_who_is_refused_at_once_is_seen_whether_he_waits_or_not(played, ending):
    rules = Waiting()

    async def play(server):
        client = await server.client()
        assert coded(await client.reply()) == "550 5.7.1"
        await until(lambda: rules.begun)
        if ending == "reset":
            client.reset()
        elif ending == "close":
            client.writer.close()
        for _ in range(20):
            await asyncio.sleep(0)
        rules.go_on.set()
        if ending == "wait":
            assert await client.rest() == b""
            client.writer.close()

    server = played(play, connect=lambda s, t: DENY, denied=rules)
    assert rules.ended == ["denied"]
    assert len(server.journal.named("disconnect")) == 1


def test_while_rules_wait_at_the_header_the_client_is_held_back_and_nothing_is_lost(played):
    rules = Waiting()
    content = _HEAD + b"A line of the message.\r\n" * 50_000

    async def play(server):
        client = await server.client()
        await client.reply()
        await client.say(*ENVELOPE, b"DATA")
        client.writer.write(content + b".\r\n")
        await until(lambda: rules.begun)
        (connection,) = server.acceptor._connections
        await until(lambda: connection.paused)
        assert len(connection.machine.rest) < 1_000_000
        rules.go_on.set()
        assert coded(await client.reply()) == "250 2.0.0"
        client.writer.close()

    server = played(play, data_headers_end=rules)
    assert server.delivered.contents == [content]


@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_client_that_goes_while_rules_wait_at_the_header_stops_them(played, ending):
    rules = Waiting()

    async def play(server):
        client = await server.client()
        await client.reply()
        await client.say(*ENVELOPE, b"DATA")
        client.writer.write(_HEAD)
        await until(lambda: rules.begun)
        if ending == "reset":
            client.reset()
        else:
            client.writer.close()

    server = played(play, data_headers_end=rules)
    assert rules.ended == []
    assert [r["verdict"] for r in server.journal.named("message")] == ["abandoned"]


def test_a_service_that_stops_lets_those_who_look_on_come_to_their_end(played):
    rules = Waiting()

    async def play(server):
        client = await server.client()
        await client.reply()
        await client.say(*ENVELOPE[:2])
        await until(lambda: rules.begun)
        draining = asyncio.ensure_future(server.acceptor.drain(5))
        await asyncio.sleep(0)
        rules.go_on.set()
        assert coded(await client.reply()) == "421 4.3.2"
        assert await draining == 0
        client.writer.close()

    played(play, mail=lambda s, t: DENY, denied=rules)
    assert rules.ended == ["denied"]
