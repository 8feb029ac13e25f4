"""Hands a message on to another mail server by SMTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, function
from qpsmtpd.dsl.model.services import Client, Envelope, Message, Site
from qpsmtpd.dsl.model.values import Delivery, Duration
from qpsmtpd.stdlib.queue.onward.places import endpoint, positive_fault

_SMTP = 25
_ONE_MINUTE = Duration(60.0)
_HELO = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?|\[[0-9A-Fa-f:.IPv]{2,50}\]", re.ASCII)


def server_fault(text: str) -> str:
    """What is wrong with a server as rules write it, or an empty text."""
    try:
        endpoint(text, _SMTP)
    except ValueError as error:
        return str(error)
    return ""


def port_fault(text: str) -> str:
    """What is wrong with a port, or an empty text."""
    return "" if 0 < int(text) < 65536 else f"there is no port {text}: ports are 1 to 65535"


def helo_fault(text: str) -> str:
    """What is wrong with a name to greet with, or an empty text."""
    return "" if not text or _HELO.fullmatch(text) else f'"{text[:60]}" is neither a host name nor an address like "[192.0.2.1]"'


@function(kind=Kind.DELIVERY, since="queue", until="queue", forwards=True)
async def smtp_forward(
    host: Annotated[str, Constant(server_fault)],
    port: Annotated[int, Constant(port_fault)] = _SMTP,
    fallback: Annotated[Sequence[str], Constant(server_fault)] = (),
    helo: Annotated[str, Constant(helo_fault)] = "",
    timeout: Annotated[Duration, Constant(positive_fault)] = _ONE_MINUTE,  # noqa: ASYNC109 - it is an argument in rules
    connections: Annotated[int, Constant(positive_fault)] = 20,
    xclient: bool = False,
    *,
    message: Message,
    envelope: Envelope,
    client: Client,
    site: Site,
) -> Delivery:
    """Hands the message on to another mail server, and answers what that server answers.

    The client is told 250 when the server has said 250 for the message, 554 with the server's words when it refuses it,
    451 when it asks to try again later or cannot be reached; the log has the reason. When the connection is lost behind
    the end of the message, the server may have it or not: that is 451, too, and no other server is tried. A client that
    has gone by then gets nothing delivered, since it will send again.

    A message goes to all of its recipients or to none: when the server refuses one of them, nothing is sent, and the
    client is told which. So refuse unknown users in `rcpt`, where each recipient has an answer of its own; or set
    `max_recipients = 1`, and clients send each recipient's copy apart.

    A message that is bigger than the server's SIZE is refused, as is one with 8-bit text for a server without 8BITMIME.
    Connections are used again for the next message, and closed when they rest for half a minute. There is no TLS and no
    login: use it for servers in your own network.

    Arguments:
        host: the server's name or address; may be HOST:PORT
        port: its port
        fallback: further servers, HOST or HOST:PORT, tried in order when the one before cannot be reached or answers 4xx
        helo: the name we greet with; `hostname` of `server:` unless given
        timeout: how long all of it may take; then the client is asked to try again
        connections: how many connections a server gets at most at a time; more messages wait their turn
        xclient: tell the server who our client is (Postfix: `smtpd_authorized_xclient_hosts`)

    Examples:
        on rcpt: if recipient not in ["ann@example.org", "postmaster@example.org"] deny 5.1.1 "No such user here"
        on queue: smtp_forward("10.0.0.25", fallback = ["backup.example.org:2525"])
    """
    # whoever only checks rules does without asyncio
    from qpsmtpd.stdlib.queue.onward.smtp_client import Server
    from qpsmtpd.stdlib.queue.onward.smtp_exchange import Letter, hand_over

    servers = [Server(*endpoint(place, port), helo or site.hostname, connections) for place in (host, *fallback)]
    return await hand_over(Letter(message, envelope, client if xclient else None), servers, seconds=timeout)
