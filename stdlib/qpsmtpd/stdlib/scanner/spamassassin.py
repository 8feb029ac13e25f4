"""Asks SpamAssassin's daemon what it thinks of the message (the protocol of spamc, request HEADERS)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Envelope, Message
from qpsmtpd.dsl.model.values import Duration, LookupFailure, Size
from qpsmtpd.stdlib.message.blocks import next_block
from qpsmtpd.stdlib.scanner.connection import Connection, first_answer
from qpsmtpd.stdlib.scanner.server_names import server_fault
from qpsmtpd.stdlib.scanner.spamd_answer import ANSWER, Spam, parsed

_USER = re.compile(r"[a-z0-9_](?:[a-z0-9_+=-]|\.(?!\.)){0,63}(?:@[a-z0-9.-]{1,253})?", re.ASCII | re.IGNORECASE)
_PATIENCE = Duration(20.0)
_SIZE = Size(500_000)


def user_fault(text: str) -> str:
    """What is wrong with a user's name, or an empty text."""
    if not text or _USER.fullmatch(text):
        return ""
    return f'"{text[:80]}" is no name of a user: letters, digits and . _ + - are, and @ with a domain'


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=60.0, scope=Scope.TRANSACTION)
async def spamassassin(
    socket: Annotated[str, Constant(server_fault)] = "127.0.0.1:783",
    user: Annotated[str, Constant(user_fault)] = "",
    recipient_user: bool = False,
    backups: Annotated[Sequence[str], Constant(server_fault)] = (),
    patience: Duration = _PATIENCE,
    max_size: Size = _SIZE,
    *,
    message: Message,
    envelope: Envelope,
) -> Spam:
    """What SpamAssassin's daemon spamd thinks of the message.

    The answer has `score`, `threshold`, `spam` (true when the score has reached the threshold), `symbols` (the tests that
    have hit, in the order of spamd's `X-Spam-Status`, which its configuration must not remove for that), and `headers`: the
    fields `X-Spam-…` that spamd would put on the message, by name, each in one line. The message itself is not changed:
    `add_headers(….headers)` puts them there. Which threshold counts for the mail is for rules to say.

    SpamAssassin is made for small messages: ask it below a size, as in the example. A call for a message larger than
    `max_size` fails without asking.

    Arguments:
        socket: the server: the path of its socket, or `HOST:PORT`
        user: whose preferences spamd is to use; its own default unless given
        recipient_user: the user is the recipient, by full address in lower case, when the message has exactly one
        backups: servers that are asked, in this order, when the first one gives no answer
        patience: how long a server may take while there is another one to ask; the last one has all the time that is left
        max_size: a larger message is not asked about

    Examples:
        on data_post:
            if message.size < 500KB:
                let found = spamassassin(socket = "/run/spamd.sock", timeout = 40s)
                score += found.score as SPAMASSASSIN
                if "GTUBE" in found.symbols deny 5.7.1 "This is a test of spam filters"
    """
    if message.size > max_size:
        raise LookupFailure(f"the message has {message.size} octets, more than max_size ({max_size})")
    request = _request(_recipient(envelope) if recipient_user else "", user, envelope)

    async def ask(spamd: Connection) -> Spam:
        whole = await _sent(spamd, request, message)
        return parsed(await spamd.receive(ANSWER), whole)

    return await first_answer((socket, *backups), patience, ask)


def _recipient(envelope: Envelope) -> str:
    """The only recipient, if spamd can take its address for a user's name; an empty text otherwise."""
    (first, *others) = envelope.recipients
    return "" if others or user_fault(first.compared) else first.compared


def _request(recipient: str, user: str, envelope: Envelope) -> bytes:
    """What comes before the message. Its first field tells spamd the sender, as it stands above every `Received`."""
    name = recipient or user
    lines = ["HEADERS SPAMC/1.5", *([f"User: {name}"] if name else []), "", f"X-Envelope-From: <{envelope.sender.text}>"]
    return "".join("".join(c if c.isprintable() else "?" for c in line) + "\r\n" for line in lines).encode("utf-8", "replace")


async def _sent(spamd: Connection, request: bytes, message: Message) -> bool:
    """Streams the message; True when spamd has had all of it."""
    going = await spamd.send(request)
    chunks = message.chunks()
    more = True
    while going and more:
        block, more = await next_block(chunks, message)
        going = await spamd.send(block)
    spamd.end()
    return going
