from __future__ import annotations

import asyncio
import re
from ipaddress import ip_address

import pytest

from by_smtp import SENT, forward, to
from library_doubles import KnownClient, WrittenEnvelope, WrittenMessage
from meta.rules_text import codes, compiled
from qpsmtpd.dsl.model.values import Address, Delivery, LookupFailure
from qpsmtpd.stdlib.queue.onward.xclient import xtext
from qpsmtpd.stdlib.queue.smtp_forward import helo_fault, server_fault
from servers.fake_smtp import CLOSE, HANG, fake_smtp
from servers.postfix import Postfix


def at(postfix: Postfix) -> str:
    return f"127.0.0.1:{postfix.port}"


async def mail(postfix: Postfix, number: int = 1) -> list[bytes]:
    return [message.as_bytes() for message in await asyncio.to_thread(postfix.until_mail, number)]


async def test_a_message_that_is_answered_250_is_in_the_mailbox_as_it_was_sent(postfix: Postfix) -> None:
    chunks = (
        b"Received: from x\r\nSubject: y\r\n\r\n.\r\n..two\r\n",
        b".",
        b"\r",
        b"\n",
        b".z\r\n\xff body\r",
        b"\nFrom x\r\nend\r\n",
    )
    outcome = await forward(at(postfix), WrittenMessage(chunks), envelope=to("bob@example.org", BODY="8BITMIME"))
    assert outcome.delivered and re.fullmatch(r"Queued as [0-9A-F]+", outcome.text)
    assert f"{outcome.text.split()[-1]}: message-id" in postfix.log()
    (stored,) = await mail(postfix)
    assert stored.startswith(b"Return-Path: <ann@example.net>\n")
    assert stored.partition(b"\n\n")[2] == b"".join(chunks).partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n")


async def test_every_recipient_gets_it_and_the_null_sender_stays_null(postfix: Postfix) -> None:
    recipients = [f"r{number}@example.org" for number in range(250)]
    assert (await forward(at(postfix), envelope=WrittenEnvelope(recipients=to(*recipients).recipients))).delivered
    stored = await mail(postfix, 250)
    assert {re.search(rb"Delivered-To: (\S+)", text)[1].decode() for text in stored} == set(recipients)  # type: ignore[index]
    assert all(text.startswith(b"Return-Path: <>\n") for text in stored)


async def test_one_connection_carries_message_after_message() -> None:
    async with fake_smtp() as fake:
        for number in range(5):
            outcome = await forward(fake.peer.place, WrittenMessage((b"Subject: %d\r\n\r\n.\r\n" % number,)))
            assert outcome == Delivery(True, "Queued as 4XyZ")
        assert fake.peer.calls == 1
        assert [line.split()[0] for line in fake.said] == ["EHLO", *["MAIL", "RCPT", "DATA"] * 5]
        assert fake.messages == [b"Subject: %d\r\n\r\n..\r\n" % number for number in range(5)]


async def test_a_server_without_pipelining_gets_one_command_at_a_time() -> None:
    async with fake_smtp(EHLO="250-fake.test\r\n250 8BITMIME", MAIL=HANG) as fake:
        with pytest.raises(LookupFailure, match="took too long"):
            await forward(fake.peer.place, timeout=0.3)
        assert fake.said[1:] == ["MAIL FROM:<ann@example.net>"]
    async with fake_smtp(MAIL=HANG) as fake:
        with pytest.raises(LookupFailure, match="took too long"):
            await forward(fake.peer.place, timeout=0.3)
        assert fake.said[1:] == ["MAIL FROM:<ann@example.net> SIZE=20"]


async def test_a_server_that_does_not_know_ehlo_is_greeted_with_helo() -> None:
    async with fake_smtp(EHLO="502 What?") as fake:
        assert (await forward(fake.peer.place)).delivered
        assert fake.said == [
            "EHLO mx.example.org",
            "HELO mx.example.org",
            "MAIL FROM:<ann@example.net>",
            "RCPT TO:<bob@example.org>",
            "DATA",
        ]


# -- options


async def test_host_is_a_name_or_an_address_with_or_without_port() -> None:
    async with fake_smtp() as fake:
        for host in ("localhost", "127.0.0.1", f"localhost:{fake.port}"):
            assert (await forward(host, port=fake.port)).delivered
    with pytest.raises(LookupFailure, match=r"no-such-host\.invalid:25: "):
        await forward("no-such-host.invalid")


@pytest.mark.parametrize("text", ["", "a b", "2001:db8::1", "[::1", "host:", "host:0", "host:65536", "http://host", "user@[::1]"])
def test_host_that_is_no_server_is_a_fault(text: str) -> None:
    assert server_fault(text)
    assert not any(map(server_fault, ["10.0.0.25", "mail.example.org", "mail:2525", "[2001:db8::1]", "[::1]:2525", "mx_1"]))


async def test_port_is_that_of_servers_that_name_none() -> None:
    async with fake_smtp() as fake:
        assert (await forward("127.0.0.1", port=fake.port)).delivered
        assert (await forward("127.0.0.1:1", port=fake.port, fallback=["127.0.0.1"])).delivered


async def test_fallback_is_tried_in_order_when_a_server_cannot_be_reached_or_wants_no_mail_now() -> None:
    async with fake_smtp() as good:
        for answers in (
            {"GREETING": "554 No"},
            {"GREETING": "421 Busy"},
            {"GREETING": "450 Later"},
            {"GREETING": CLOSE},
            {"GREETING": "HTTP/1.0 200 Ok"},
            {"EHLO": "421 Later"},
            {"EHLO": "550 No", "HELO": "550 No"},
            {"MAIL": "452 4.3.1 Full"},
            {"MAIL": CLOSE},
            {"RCPT": "450 Later"},
            {"DATA": "451 Later"},
            {"DATA": CLOSE},
            {"END": "452 4.3.1 Full"},
            {"END": "421 Going"},
        ):
            async with fake_smtp(**answers) as bad:
                outcome = await forward("127.0.0.1:1", fallback=[bad.peer.place, good.peer.place])
                assert outcome.delivered, answers
                assert bad.peer.calls == 1
        assert len(good.messages) == 14


async def test_helo_is_the_name_we_greet_with(postfix: Postfix) -> None:
    assert (await forward(at(postfix), helo="relay.example.org")).delivered
    assert (await forward(at(postfix))).delivered
    first, second = sorted(await mail(postfix, 2))
    names = {re.search(rb"Received: from (\S+)", text)[1] for text in (first, second)}  # type: ignore[index]
    assert names == {b"relay.example.org", b"mx.example.org"}


@pytest.mark.parametrize("text", ["a b", "-x", "x\r\nMAIL", "[not an ip]", "ü.example"])
def test_helo_that_is_no_host_name_is_a_fault(text: str) -> None:
    assert helo_fault(text)
    assert helo_fault("") == helo_fault("mx.example.org") == helo_fault("[192.0.2.1]") == helo_fault("[IPv6:2001:db8::1]") == ""


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END"])
async def test_timeout_ends_a_delivery_to_a_server_that_hangs(stage: str) -> None:
    async with fake_smtp(**{stage: HANG}) as fake:
        with pytest.raises(LookupFailure, match="it took too long"):
            await forward(fake.peer.place, timeout=0.3)


async def test_timeout_is_shared_by_the_servers() -> None:
    async with fake_smtp(GREETING=HANG) as bad, fake_smtp() as good:
        assert (await forward(bad.peer.place, fallback=[good.peer.place], timeout=2)).delivered


async def test_connections_is_the_most_that_a_server_gets() -> None:
    async with fake_smtp() as fake:
        outcomes = await asyncio.gather(*(forward(fake.peer.place, connections=3) for _ in range(40)))
        assert all(outcome.delivered for outcome in outcomes)
        assert (fake.most, fake.peer.calls, len(fake.messages)) == (3, 3, 40)


async def test_xclient_tells_the_server_who_our_client_is(postfix: Postfix) -> None:
    clients = [
        KnownClient(ip_address("203.0.113.9"), helo="one.example.net"),
        KnownClient(ip_address("2001:db8::9"), helo="two x=y"),
    ]
    for client in clients * 2:
        assert (await forward(at(postfix), xclient=True, client=client)).delivered
    stored = await mail(postfix, 4)
    traces = sorted(re.search(rb"Received: from (.*)", text)[1].decode() for text in stored)  # type: ignore[index]
    assert traces == ["one.example.net (unknown [203.0.113.9])"] * 2 + ["two?x?y (unknown [IPv6:2001:db8::9])"] * 2


async def test_xclient_that_a_server_does_not_offer_is_for_later_and_no_message_is_sent() -> None:
    async with fake_smtp() as fake:
        with pytest.raises(LookupFailure, match="does not offer us XCLIENT"):
            await forward(fake.peer.place, xclient=True)
        assert fake.messages == []
    async with fake_smtp(EHLO="250-x\r\n250 XCLIENT ADDR HELO", XCLIENT="550 No") as fake:
        with pytest.raises(LookupFailure, match="answers XCLIENT with 550 No"):
            await forward(fake.peer.place, xclient=True)
        assert fake.said[1:] == ["XCLIENT ADDR=203.0.113.9 HELO=client.example.net"]


async def test_xclient_in_long_lines_is_cut() -> None:
    async with fake_smtp(EHLO="250-x\r\n250 XCLIENT NAME ADDR PORT PROTO HELO", XCLIENT="220 Go on") as fake:
        assert (await forward(fake.peer.place, xclient=True, client=KnownClient(helo="=" * 250))).delivered
        lines = [line for line in fake.said if line.startswith("XCLIENT")]
        assert lines[0] == "XCLIENT NAME=[UNAVAILABLE] ADDR=203.0.113.9 PORT=40025 PROTO=ESMTP"
        assert lines[1] == "XCLIENT HELO=" + "+3D" * 250
        await fake.until_open(0)
        assert fake.said[-1] == "QUIT"
    assert xtext("a+b c=ü") == "a+2Bb+20c+3D+C3+BC"


@pytest.mark.parametrize(
    "call",
    [
        "smtp_forward()",
        'smtp_forward("a b")',
        'smtp_forward("x", port = 0)',
        'smtp_forward("x", fallback = ["x:y"])',
        'smtp_forward("x", helo = "a b")',
        'smtp_forward("x", timeout = 0s)',
        'smtp_forward("x", connections = 0)',
        'smtp_forward(header("X"))',
    ],
)
def test_an_option_with_a_value_that_cannot_be_is_a_finding(call: str) -> None:
    outcome = compiled(f'listener mx:\n    bind = "127.0.0.1:0"\non queue: {call}\n', {})
    assert set(codes(outcome, "error")) & {"Q211", "Q402", "Q403", "Q501", "Q502"}, call


# -- what the server refuses


async def test_what_the_server_refuses_for_good_is_refused_with_its_words(postfix: Postfix) -> None:
    assert await forward(at(postfix), envelope=to("nobody@example.org")) == Delivery(
        False, "<nobody@example.org>: Recipient address rejected: No such user", refused=True, enhanced="5.1.1"
    )
    assert await forward(at(postfix), WrittenMessage((b"Subject: refuse me\r\n\r\n",))) == Delivery(
        False, "We do not want this", refused=True, enhanced="5.7.1"
    )
    assert postfix.queued() == [] == postfix.mail()


async def test_what_the_server_wants_later_is_for_later(postfix: Postfix) -> None:
    outcome = await forward(at(postfix), envelope=to("later@example.org"))
    assert (outcome.delivered, outcome.refused, outcome.enhanced) == (False, False, "4.2.1")
    outcome = await forward(at(postfix), WrittenMessage((b"Subject: not now\r\n\r\n",)))
    assert outcome == Delivery(False, "Come back", enhanced="4.7.1")


@pytest.mark.parametrize(
    ("recipients", "code"),
    [
        (["bob@example.org", "nobody@example.org"], "5.1.1"),
        (["later@example.org", "nobody@example.org"], "5.1.1"),
        (["bob@example.org", "later@example.org", "eve@example.org"], "4.2.1"),
    ],
)
async def test_when_one_recipient_is_refused_nobody_gets_it_and_the_client_hears_who(
    postfix: Postfix, recipients: list[str], code: str
) -> None:
    outcome = await forward(at(postfix), envelope=to(*recipients))
    assert not outcome.delivered
    assert (outcome.enhanced, outcome.refused) == (code, code.startswith("5"))
    assert re.match(r"<(nobody|later)@example\.org>: .*; the message was sent to nobody$", outcome.text)
    assert (await forward(at(postfix), envelope=to("bob@example.org"))).delivered
    assert len(await mail(postfix)) == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
async def test_the_connection_is_good_for_another_message_after_a_refusal(stage: str) -> None:
    async with fake_smtp(**{stage: "550-5.7.0 First\r\n550 5.7.0 second\u00fc"}) as fake:
        assert await forward(fake.peer.place) == Delivery(False, "First second?", refused=True, enhanced="5.7.0")
        del fake.answers[stage]
        fake.answers.update({"DATA": "354 Go on", "END": "250 Ok"})
        assert await forward(fake.peer.place) == Delivery(True, "Queued as Ok")
        assert fake.peer.calls == 1
        assert fake.said.count("RSET") == (stage != "END")


async def test_a_message_over_the_size_of_the_server_is_refused_before_it_is_sent() -> None:
    async with fake_smtp(EHLO="250-fake.test\r\n250 SIZE 10") as fake:
        outcome = await forward(fake.peer.place, WrittenMessage((b"x: y\r\n\r\n12345\r\n",)))
        assert (outcome.refused, outcome.enhanced) == (True, "5.3.4")
        assert len(fake.said) == 1
        fake.answers["EHLO"] = "250-fake.test\r\n250 SIZE 0"
        assert (await forward(fake.peer.place, helo="other")).delivered


async def test_eight_bit_text_is_refused_for_a_server_without_8bitmime_and_seven_bit_text_is_not() -> None:
    body = to("bob@example.org", BODY="8BITMIME")
    async with fake_smtp(EHLO="250 fake.test") as fake:
        outcome = await forward(fake.peer.place, WrittenMessage((b"x: y\r\n\r\n\xe4\r\n",)), envelope=body)
        assert (outcome.refused, outcome.enhanced) == (True, "5.6.3")
        assert (await forward(fake.peer.place, envelope=body)).delivered
        assert [line for line in fake.said if line.startswith("MAIL")] == ["MAIL FROM:<ann@example.net>"]
    async with fake_smtp() as fake:
        assert (await forward(fake.peer.place, WrittenMessage((b"x: y\r\n\r\n\xe4\r\n",)), envelope=body)).delivered
        assert "MAIL FROM:<ann@example.net> SIZE=11 BODY=8BITMIME" in fake.said


async def test_addresses_beyond_ascii_need_a_server_with_smtputf8() -> None:
    beyond = WrittenEnvelope(SENT.sender, [Address("ü", "example.org", "ü@example.org")])
    async with fake_smtp() as fake:
        outcome = await forward(fake.peer.place, envelope=beyond)
        assert (outcome.refused, outcome.enhanced) == (True, "5.6.7")
        assert len(fake.said) == 1
    async with fake_smtp(EHLO="250-fake.test\r\n250-8BITMIME\r\n250 SMTPUTF8") as fake:
        assert (await forward(fake.peer.place, envelope=beyond)).delivered
        assert fake.said[1:3] == ["MAIL FROM:<ann@example.net> SMTPUTF8", "RCPT TO:<ü@example.org>"]
