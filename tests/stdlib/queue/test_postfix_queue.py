from __future__ import annotations

import asyncio
import re
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest

from library_doubles import FieldList, KnownClient, WrittenEnvelope, WrittenMessage, address
from meta.rules_text import codes, compiled
from qpsmtpd.dsl.model.values import Address, Delivery, LookupFailure
from qpsmtpd.stdlib.queue.postfix_queue import place_fault
from servers.postfix import Postfix, running_postfix
from to_postfix import HELD, SENT, TRACE, deliver, queue_id, titled


def queue_file(postfix: Postfix, outcome: Delivery) -> str:
    """What `postcat` shows of a message in the queue."""
    command = ["/usr/sbin/postcat", "-c", postfix.config, "-vq", queue_id(outcome)]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")


async def mail(postfix: Postfix, number: int = 1) -> list[bytes]:
    return [message.as_bytes() for message in await asyncio.to_thread(postfix.until_mail, number)]


async def test_a_message_that_is_answered_250_is_in_the_mailbox_as_it_was_sent(postfix: Postfix) -> None:
    chunks = (b"Received: from x\r\nSubject: y\r\n\r\n.\r\n..two\r\n\xff body\r", b"\nFrom x\r\n" + b"z" * 5000 + b"\r\nend\r\n")
    outcome = await deliver(postfix.socket, WrittenMessage(chunks, FieldList(("Message-ID", "<1@example.net>"))))
    assert outcome.text == f"Queued! <1@example.net> (Queue-Id: {queue_id(outcome)})"
    (stored,) = await mail(postfix)
    top, _, rest = stored.partition(b"Received: ")
    assert top == b"Return-Path: <ann@example.net>\nX-Original-To: bob@example.org\nDelivered-To: bob@example.org\n"
    assert b"Received: " + rest == b"".join(chunks).replace(b"\r\n", b"\n")


async def test_every_recipient_gets_it_and_the_null_sender_stays_null(postfix: Postfix) -> None:
    to = [address(f"r{number}@example.org") for number in range(150)]
    await deliver(postfix.socket, envelope=WrittenEnvelope(recipients=to))
    stored = await mail(postfix, 150)
    assert {re.search(rb"Delivered-To: (\S+)", text)[1].decode() for text in stored} == {a.text for a in to}  # type: ignore[index]
    assert all(text.startswith(b"Return-Path: <>\n") for text in stored)


async def test_addresses_are_handed_over_without_their_quotes(postfix: Postfix) -> None:
    quoted = Address("a b", "example.org", '"a b"@example.org')
    outcome = await deliver(postfix.socket, flags=HELD, envelope=WrittenEnvelope(quoted, [quoted]))
    shown = queue_file(postfix, outcome)
    assert re.search(r"sender: +a b@example\.org\n", shown) and re.search(r"\n\w+_recipient: +a b@example\.org\n", shown)


@pytest.mark.parametrize(("body", "said"), [("8BITMIME", "8bit"), ("7bit", "7bit")])
async def test_the_declared_body_type_is_handed_on(postfix: Postfix, body: str, said: str) -> None:
    outcome = await deliver(
        postfix.socket, flags=HELD, envelope=WrittenEnvelope(SENT.sender, SENT.recipients, params={"BODY": body})
    )
    assert f"encoding={said}" in queue_file(postfix, outcome)


async def test_postfix_learns_from_where_the_message_came(postfix: Postfix) -> None:
    client = KnownClient(ip_address("2001:db8::9"), helo="evil\nname=x", esmtp=False)
    shown = queue_file(postfix, await deliver(postfix.socket, flags=HELD, client=client))
    found = dict(re.findall(r"named_attribute: (\w+)=(.*)", shown))
    assert (found["client_address"], found["log_client_address"]) == ("2001:db8::9", "IPv6:2001:db8::9")
    assert (found["client_port"], found["client_address_type"], found["protocol_name"]) == ("40025", "10", "SMTP")
    assert (found["helo_name"], found["rewrite_context"]) == ("evil name=x", "remote")


@pytest.mark.parametrize("relay", [True, False])
async def test_only_mail_of_relay_clients_has_its_header_addresses_completed(postfix: Postfix, relay: bool) -> None:
    text = b"From: root\r\nTo: somebody\r\n\r\nx\r\n"
    await deliver(postfix.socket, WrittenMessage((TRACE, text)), client=KnownClient(relay=relay))
    (stored,) = await mail(postfix)
    assert (b"From: root@postfix.example.org" in stored) is relay


# -- options


async def test_flags_hold_puts_it_on_hold(postfix: Postfix) -> None:
    assert postfix.queue_of(queue_id(await deliver(postfix.socket, flags=["FLAG_HOLD"]))) == "hold"


async def test_flags_filter_has_postfix_check_header_and_body(postfix: Postfix) -> None:
    outcome = await deliver(postfix.socket, titled("refuse me"), flags=["FLAG_FILTER"])
    assert outcome == Delivery(False, "We do not want this", refused=True, enhanced="5.7.1")
    later = await deliver(postfix.socket, titled("not now"), flags=["FLAG_FILTER"])
    assert later == Delivery(False, "Come back", enhanced="4.7.1")
    assert postfix.queued() == []


async def test_flags_none_takes_what_the_checks_would_refuse(postfix: Postfix) -> None:
    queue_id(await deliver(postfix.socket, titled("refuse me"), flags=["FLAG_NONE"]))
    queue_id(await deliver(postfix.socket, titled("refuse me"), flags=[]))
    assert len(await mail(postfix, 2)) == 2


async def test_flags_discard_throws_it_away(postfix: Postfix) -> None:
    big = WrittenMessage((TRACE, *(b"x" * 70 + b"\r\n" for _ in range(2000))))
    assert (await deliver(postfix.socket, big, flags=["FLAG_DISCARD"])).delivered
    assert postfix.queued() == [] == postfix.mail()


async def test_flags_bcc_ok_makes_blind_copies(postfix: Postfix) -> None:
    watched = WrittenEnvelope(SENT.sender, [address("watched@example.org")])
    await deliver(postfix.socket, flags=["FLAG_BCC_OK"], envelope=watched)
    assert {message["Delivered-To"] for message in postfix.until_mail(2)} == {"watched@example.org", "watcher@example.org"}


async def test_flags_map_ok_maps_addresses(postfix: Postfix) -> None:
    alias = WrittenEnvelope(SENT.sender, [address("alias@example.org")])
    await deliver(postfix.socket, flags=["FLAG_MAP_OK"], envelope=alias)
    await deliver(postfix.socket, flags=["FLAG_NONE"], envelope=alias)
    assert {message["Delivered-To"] for message in postfix.until_mail(2)} == {"real@example.org", "alias@example.org"}


async def test_flags_bounce_has_postfix_return_what_it_refuses(postfix: Postfix) -> None:
    back = WrittenEnvelope(address("ann@example.org"), [address("bob@example.org")])
    await deliver(postfix.socket, titled("refuse me"), flags=["FLAG_BOUNCE", "FLAG_FILTER"], envelope=back)
    (bounce,) = await mail(postfix)
    assert b"MAILER-DAEMON" in bounce and b"We do not want this" in bounce


async def test_flags_milter_shows_it_to_milters() -> None:
    settings = {"non_smtpd_milters": "unix:/nowhere", "milter_default_action": "tempfail"}
    with running_postfix(settings) as postfix:
        assert (await deliver(postfix.socket, flags=["FLAG_FILTER", "FLAG_MAP_OK"])).delivered
        for flags in (["FLAG_MILTER"], ["FLAG_FILTER_ALL"], ["FLAG_MASK_EXTERNAL"]):
            outcome = await deliver(postfix.socket, flags=flags)
            assert (outcome.delivered, outcome.refused, outcome.enhanced) == (False, False, "4.7.1"), flags


def test_flags_that_do_not_exist_are_a_finding() -> None:
    outcome = compiled('listener mx:\n    bind = "127.0.0.1:0"\non queue: postfix_queue(flags = ["FLAG_MAP_OK", "FLAG_X"])\n', {})
    assert "Q402" in codes(outcome, "error")


async def test_socket_says_where_cleanup_is(postfix: Postfix, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(postfix.socket)
    queue_id(await deliver(tmp_path / "link"))
    with pytest.raises(LookupFailure, match=r"/nobody: \[Errno 2\] No such file"):
        await deliver(tmp_path / "nobody")


async def test_fallback_is_tried_when_the_first_place_is_not_there(postfix: Postfix, tmp_path: Path) -> None:
    nobody = f"{tmp_path}/nobody"
    assert (await deliver(nobody, fallback=[nobody, str(postfix.socket)])).delivered
    assert (await deliver(nobody, fallback=[f"127.0.0.1:{postfix.cleanup_port}"])).delivered
    assert len(await mail(postfix, 2)) == 2


@pytest.mark.parametrize("text", ["relative/path", "host", "host:0", "host:99999", "a b:25", ""])
def test_fallback_must_be_paths_or_hosts_with_a_port(text: str) -> None:
    assert "write an absolute path" in place_fault(text)
    assert place_fault("/a") == place_fault("localhost:25") == place_fault("[::1]:25") == ""


def test_timeout_must_be_more_than_zero() -> None:
    outcome = compiled('listener mx:\n    bind = "127.0.0.1:0"\non queue: postfix_queue(timeout = 0s)\n', {})
    assert "Q402" in codes(outcome, "error")


# -- what Postfix refuses


async def test_a_message_that_is_too_big_for_postfix_is_refused(postfix: Postfix) -> None:
    outcome = await deliver(postfix.socket, WrittenMessage((TRACE + b"\r\n", *((b"x" * 70 + b"\r\n",) * 5000))))
    assert (outcome.refused, outcome.enhanced) == (True, "5.3.4")
    assert postfix.queued() == []


async def test_a_message_that_goes_in_circles_is_refused(postfix: Postfix) -> None:
    outcome = await deliver(postfix.socket, WrittenMessage((b"Received: from x\r\n" * 60 + b"\r\nx\r\n",)))
    assert (outcome.refused, outcome.enhanced) == (True, "5.4.6")


async def test_a_message_without_recipients_is_refused(postfix: Postfix) -> None:
    outcome = await deliver(postfix.socket, envelope=WrittenEnvelope(SENT.sender))
    assert (outcome.refused, outcome.enhanced, outcome.text) == (True, "5.1.0", "No recipients")
