"""Gives one message to an SMTP server: for all of its recipients, or for none.

There is one answer to the client for all recipients, so when the server refuses one of them the message is not sent.
What the server cannot take (RFC 1870, 6152, 6531) is told before it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.model.services import Client, Envelope, Message
from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.stdlib.message.blocks import reading
from qpsmtpd.stdlib.queue.onward.dot_stuffing import dotted
from qpsmtpd.stdlib.queue.onward.handing_on import Attempt, in_order, send_blocks
from qpsmtpd.stdlib.queue.onward.smtp_client import Server, SmtpClient
from qpsmtpd.stdlib.queue.onward.smtp_pool import Pool, pool_of
from qpsmtpd.stdlib.queue.onward.smtp_reply import Closing, Reply, settled
from qpsmtpd.stdlib.queue.onward.xclient import introduce

_TOO_BIG = Delivery(False, "Message too big for the next server", refused=True, enhanced="5.3.4")
_EIGHT_BITS = Delivery(False, "The next server takes no 8-bit text, and this message has some", refused=True, enhanced="5.6.3")
_UTF8 = Delivery(False, "The next server takes no addresses with other letters than ASCII", refused=True, enhanced="5.6.7")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed on; `client` when the server is to be told from whom it comes."""

    message: Message
    envelope: Envelope
    client: Client | None


async def hand_over(letter: Letter, servers: Sequence[Server], *, seconds: float) -> Delivery:
    """What became of the message at the first server that decides it. Raises LookupFailure when that is not clear."""

    async def hand(server: Server, attempt: Attempt) -> Delivery:
        pool = pool_of(server)
        async with pool.turns:
            resting = pool.take()
            if resting is not None:
                try:
                    return await _over(resting, pool, letter, attempt)
                except (ConnectionError, Closing):
                    # the server had given it up, which is no fault of its; but it may have the message once that was sent
                    if attempt.committed:
                        raise
            return await _over(await SmtpClient.open(server), pool, letter, attempt)

    return await in_order(servers, hand, envelope=letter.envelope, seconds=seconds)


async def _over(client: SmtpClient, pool: Pool, letter: Letter, attempt: Attempt) -> Delivery:
    client.usable = False
    try:
        if client.unfinished:
            await client.reset()
        if letter.client is not None:
            await introduce(client, letter.client)
        return await _exchange(client, letter, attempt)
    finally:
        if letter.client is not None and client.usable:
            client.quit()  # to the server we are our client from now on, who may not use XCLIENT
        else:
            pool.give_back(client)


async def _exchange(client: SmtpClient, letter: Letter, attempt: Attempt) -> Delivery:
    """MAIL to the answer behind the final dot. Raises NotTaken, and OSError or LookupFailure when that is not clear."""
    fault = await _cannot_take(client, letter)
    if fault is not None:
        client.usable = True
        return fault
    to = letter.envelope.recipients
    client.unfinished = True
    mail, *rcpts = await client.commands([_mail(client, letter), *(f"RCPT TO:<{recipient.text}>" for recipient in to)])
    if mail.code != 250:
        return _refused(client, mail)
    # one that stays refused decides: to try again would not help
    refused = [(r, str(a)) for r, a in zip(rcpts, to, strict=True) if r.code not in (250, 251)]
    if refused:
        reply, address = max(refused, key=lambda found: found[0].code >= 500)
        return _refused(client, reply, address if len(to) > 1 else "")
    reply = await client.command("DATA")
    if reply.code != 354:
        return _refused(client, reply)
    last = await send_blocks(client.writer, dotted(letter.message.chunks()), letter.message)
    attempt.commit()
    client.writer.write(last + b".\r\n")
    await client.writer.drain()
    reply = await client.reply()
    client.unfinished = False
    if reply.code // 100 != 2:
        return _refused(client, reply)
    client.usable = True
    return reply.queued()


def _refused(client: SmtpClient, reply: Reply, address: str = "") -> Delivery:
    """The refusal that a reply is; `address` is the only recipient of several that it is for. Raises NotTaken, LookupFailure."""
    client.usable = reply.code >= 400
    return settled(reply, address)


async def _cannot_take(client: SmtpClient, letter: Letter) -> Delivery | None:
    limit = client.offers.get("SIZE", "").strip()
    if limit.isdecimal() and 0 < int(limit[:20]) < letter.message.size:
        return _TOO_BIG
    if _needs_utf8(letter.envelope) and "SMTPUTF8" not in client.offers:
        return _UTF8
    if "8BITMIME" not in client.offers and await reading(letter.message, lambda: _has_eight_bits(letter.message)):
        return _EIGHT_BITS
    return None


def _mail(client: SmtpClient, letter: Letter) -> str:
    envelope, words = letter.envelope, [f"MAIL FROM:<{letter.envelope.sender.text}>"]
    if "SIZE" in client.offers:
        words.append(f"SIZE={letter.message.size}")
    if envelope.params.get("BODY", "").upper() == "8BITMIME" and "8BITMIME" in client.offers:
        words.append("BODY=8BITMIME")
    if _needs_utf8(envelope):
        words.append("SMTPUTF8")
    return " ".join(words)


def _needs_utf8(envelope: Envelope) -> bool:
    return "SMTPUTF8" in envelope.params or not all(a.text.isascii() for a in (envelope.sender, *envelope.recipients))


def _has_eight_bits(message: Message) -> bool:
    return not all(chunk.isascii() for chunk in message.chunks())
