"""The adapter over loopback sockets, on asyncio and on uvloop: limits, back-pressure, the end of connections, draining."""

from __future__ import annotations

import asyncio
import socket

import pytest

from loopback_server import until
from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Size
from qpsmtpd.runtime.smtp.sweep import sweep
from smtp_dialogue import ACCEPT, DENY, ENVELOPE, coded

_CONTENT = b"Subject: x\r\n\r\n" + b"A line of the message.\r\n" * 100


def test_a_message_arrives(played):
    async def play(server):
        client = await server.client()
        assert await client.reply() == b"220 mx.example.org ESMTP\r\n"
        assert await client.say(*ENVELOPE, b"DATA", _CONTENT + b".", b"QUIT") == [
            "250",
            "250 2.1.0",
            "250 2.1.5",
            "354",
            "250 2.0.0",
            "221 2.0.0",
        ]
        assert await client.rest() == b""
        client.writer.close()

    server = played(play)
    assert server.delivered.contents == [_CONTENT]
    assert server.acceptor.stats() == {"connections": 1, "refused": 0, "messages": 1, "open": 0}
    assert [r["reason"] for r in server.journal.named("disconnect")] == ["quit"]


def test_a_large_message_goes_over_the_disk(played):
    content = b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n"
    content += (b"y" * 76 + b"\r\n") * 30_000

    async def play(server):
        client = await server.client()
        await client.reply()
        await client.say(*ENVELOPE, b"DATA")
        assert await client.say(content + b".") == ["250 2.0.0"]
        client.writer.close()

    server = played(play, ServerSettings(size_threshold=Size(100_000)))
    assert server.delivered.contents == [content]


def test_hooks_that_wait_keep_the_order_of_replies(played):
    async def waits(s, t):
        await asyncio.sleep(0)

    async def play(server):
        client = await server.client()
        await client.reply()
        await client.say(b"EHLO x")
        client.writer.write(b"MAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n")
        assert [coded(await client.reply()) for _ in range(4)] == ["250 2.1.0", "250 2.1.5", "550 5.7.1", "354"]
        client.writer.write(_CONTENT + b".\r\nQUIT\r\n")
        assert [coded(await client.reply()) for _ in range(2)] == ["250 2.0.0", "221 2.0.0"]
        client.writer.close()

    played(play, connect=waits, helo=waits, mail=waits, data=waits, data_post=waits)


def test_what_is_sent_before_the_greeting_ends_the_session(played):
    async def connect(s, t):
        await s.talked_early(5)
        s.asked_early = False

    async def play(server):
        client = await server.client()
        client.writer.write(b"EHLO x\r\nMAIL FROM:<a@example.net>\r\n")
        assert coded(await client.reply()) == "554 5.5.0"
        assert await client.rest() == b""
        client.writer.close()

    played(play, connect=connect)


@pytest.mark.parametrize("ending", ["close", "reset", "half"])
def test_a_client_may_end_at_every_step_and_nothing_is_left(played, ending):
    async def waits(s, t):
        await asyncio.sleep(0.001)

    async def play(server):
        steps = (*(line + b"\r\n" for line in ENVELOPE), b"DATA\r\n", _CONTENT[:500])
        for length in range(len(steps) + 1):
            client = await server.client()
            await client.reply()
            for step in steps[:length]:
                client.writer.write(step)
                if step is not steps[-1]:
                    await client.reply()
            if ending == "reset":
                client.reset()
            elif ending == "half":
                client.writer.write_eof()
                assert await client.rest() == b""
            client.writer.close()
            await server.empty()

    server = played(play, mail=waits, data=waits)
    assert server.delivered.contents == []
    assert server.journal.named("error") == []
    assert len(server.journal.named("disconnect")) == 6


def test_a_hook_is_stopped_when_the_client_goes_and_a_delivery_is_not(played):
    begun, stopped, delivered = [], [], []

    async def data_post(s, t):
        if t.sender.local == "first":
            begun.append(True)
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(True)

    async def queue(s, t):
        begun.append(True)
        await until(lambda: t.gone)
        delivered.append(True)
        return ACCEPT

    async def play(server):
        for sender in (b"first", b"second"):
            client = await server.client()
            await client.reply()
            await client.say(b"EHLO x", b"MAIL FROM:<" + sender + b"@example.net>", ENVELOPE[2], b"DATA")
            client.writer.write(_CONTENT + b".\r\n")
            await until(lambda: begun)
            begun.clear()
            client.reset()
            await server.empty()
        await until(lambda: len(server.journal.named("disconnect")) == 2)

    server = played(play, data_post=data_post, queue=queue)
    assert (stopped, delivered) == ([True], [True])
    assert [r["verdict"] for r in server.journal.named("message")] == ["abandoned", "accept"]


def test_one_connection_too_many_hears_421(played):
    async def play(server):
        clients = [await server.client() for _ in range(3)]
        greetings = [coded(await client.reply()) for client in clients]
        assert sorted(greetings) == ["220", "220", "421 4.7.0"]
        for client in clients:
            client.writer.close()

    server = played(play, ServerSettings(max_connections_per_ip=2))
    assert server.acceptor.stats()["refused"] == 1


def test_one_connection_too_many_in_all_hears_421(played):
    async def play(server):
        clients = [await server.client() for _ in range(2)]
        assert sorted([coded(await client.reply()) for client in clients]) == ["220", "421 4.3.2"]
        for client in clients:
            client.writer.close()

    played(play, ServerSettings(max_connections=1))


def test_a_client_that_does_not_read_is_paused_and_then_cut(played):
    async def play(server):
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", server.port))
        await until(lambda: server.acceptor.open)
        (connection,) = server.acceptor._connections
        sending = asyncio.ensure_future(loop.sock_sendall(sock, b"HELP\r\n" * 500_000))
        await until(lambda: connection.machine.blocked)
        sending.cancel()
        assert connection.machine.blocked and connection.paused
        assert len(connection.machine.rest) < 512 * 1024
        for now in (0.0, 1.0, 1000.0):
            sweep(server.acceptor._connections, now)
        await server.empty()
        sock.close()

    server = played(play, ServerSettings(max_commands_without_mail=10**9))
    assert [r["reason"] for r in server.journal.named("disconnect")] == ["replies not read"]


def test_a_client_that_reads_late_gets_every_reply(played):
    async def play(server):
        client = await server.client()
        await client.reply()
        sent = asyncio.ensure_future(client.writer.drain())
        for _ in range(40):
            client.writer.write(b"HELP\r\n" * 1000)
            await asyncio.sleep(0)
        client.writer.write(b"QUIT\r\n")
        said = await client.rest()
        await sent
        assert said.count(b"214 2.0.0") == 40_000 and said.endswith(b"221 2.0.0 Bye\r\n")
        client.writer.close()

    played(play, ServerSettings(max_commands_without_mail=10**9))


def test_a_new_program_is_for_new_connections(played):
    async def play(server):
        old = await server.client()
        await old.reply()
        server.acceptor.replace(server.program(mail=lambda s, t: DENY), server.services)
        new = await server.client()
        await new.reply()
        assert await old.say(b"EHLO x", b"MAIL FROM:<>") == ["250", "250 2.1.0"]
        assert await new.say(b"EHLO x", b"MAIL FROM:<>") == ["250", "550 5.7.1"]
        old.writer.close()
        new.writer.close()

    played(play)


def test_draining_lets_messages_end_dismisses_the_idle_and_cuts_the_rest(played):
    async def play(server):
        idle, busy, stuck = [await server.client() for _ in range(3)]
        for client in (idle, busy, stuck):
            await client.reply()
        await busy.say(*ENVELOPE, b"DATA")
        await stuck.say(*ENVELOPE)
        draining = asyncio.ensure_future(server.acceptor.drain(0.2))
        assert coded(await idle.reply()) == "421 4.3.2"
        assert await busy.say(_CONTENT + b".") == ["250 2.0.0"]
        assert coded(await busy.reply()) == "421 4.3.2"
        assert await draining == 1
        late = await server.client()
        assert coded(await late.reply()) == "421 4.3.2"
        for client in (idle, busy, stuck, late):
            client.writer.close()

    server = played(play)
    assert len(server.delivered.contents) == 1


def test_handlers_of_aiosmtpd_find_session_and_envelope(played):
    async def play(server):
        client = await server.client()
        await client.reply()
        await client.say(*ENVELOPE)
        (connection,) = server.acceptor._connections
        assert connection.session.helo == "client.example.net"
        assert [r.text for r in connection.envelope.recipients] == ["b@example.org"]
        client.writer.close()

    played(play)


def test_what_rules_read_of_the_connection_is_there(played):
    seen = {}

    def connect(s, t):
        seen.update(ip=str(s.ip), port=s.port, server=str(s.server_ip), server_port=s.server_port)
        seen.update(listener=s.listener, connections=s.connections)

    async def play(server):
        client = await server.client()
        await client.reply()
        here, port = client.writer.get_extra_info("sockname")
        assert seen == {
            "ip": here,
            "port": port,
            "server": "127.0.0.1",
            "server_port": server.port,
            "listener": "mx",
            "connections": 1,
        }
        client.writer.close()

    played(play, connect=connect)


def test_a_bug_of_ours_ends_one_session_and_no_other(played, monkeypatch):
    async def play(server):
        client, other = await server.client(), await server.client()
        await client.reply()
        await other.reply()
        monkeypatch.setattr("qpsmtpd.runtime.smtp.machine.COMMANDS", {"NOOP": None, "BUG": object()})
        assert await client.say(b"BUG") == ["451 4.3.0"]
        assert await client.rest() == b""
        monkeypatch.undo()
        assert await other.say(b"NOOP") == ["250 2.0.0"]
        client.writer.close()
        other.writer.close()

    server = played(play)
    assert len(server.journal.named("error")) == 1
