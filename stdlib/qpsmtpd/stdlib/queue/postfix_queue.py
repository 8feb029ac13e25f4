"""Puts a message into Postfix's queue, as Postfix's own receiving daemons do: through its cleanup service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, OwnPath, function
from qpsmtpd.dsl.model.services import Client, Clock, Envelope, Message
from qpsmtpd.dsl.model.values import Delivery, Duration
from qpsmtpd.stdlib.queue.onward.cleanup_envelope import before
from qpsmtpd.stdlib.queue.onward.cleanup_wire import flag_bits, flags_fault
from qpsmtpd.stdlib.queue.onward.places import endpoint, positive_fault

_ONE_MINUTE = Duration(60.0)


def place_fault(text: str) -> str:
    """What is wrong with a place of cleanup, or an empty text."""
    if text.startswith("/"):
        return ""
    try:
        endpoint(text)
    except ValueError:
        return f'"{text[:60]}" is no place of a cleanup service: write an absolute path, or "HOST:PORT"'
    return ""


@function(kind=Kind.DELIVERY, since="queue", until="queue", forwards=True)
async def postfix_queue(
    flags: Annotated[Sequence[str], Constant(flags_fault)] = ("FLAG_MASK_EXTERNAL",),
    socket: Annotated[str, OwnPath()] = "/var/spool/postfix/public/cleanup",
    fallback: Annotated[Sequence[str], Constant(place_fault)] = (),
    timeout: Annotated[Duration, Constant(positive_fault)] = _ONE_MINUTE,  # noqa: ASYNC109 - it is an argument in rules
    *,
    message: Message,
    envelope: Envelope,
    client: Client,
    clock: Clock,
) -> Delivery:
    """Puts the message into the queue of the Postfix on this machine.

    The client is told 250 with Postfix's queue id when Postfix has the message on stable storage. What Postfix refuses is
    refused with its reason: too big, content that `header_checks` or a milter rejects, too many hops are answered 554; a
    queue that cannot be written, and whatever is not clear, 451. A Postfix that does not answer is answered 451 too, and
    the reason stands in the log. A client that has gone by then gets nothing delivered, since it will send again.

    `FLAG_MASK_EXTERNAL` treats the message as Postfix treats what comes in by SMTP: checked (`FLAG_FILTER`), shown to
    `non_smtpd_milters` (`FLAG_MILTER`), with automatic blind copies (`FLAG_BCC_OK`) and address mapping (`FLAG_MAP_OK`).
    `FLAG_HOLD` puts it on hold, `FLAG_DISCARD` throws it away, `FLAG_BOUNCE` has Postfix return what it refuses,
    `FLAG_NONE` does none of these. Other names stand for several: `FLAG_FILTER_ALL`, `FLAG_MASK_INTERNAL`,
    `FLAG_MASK_EXTRA`. Header addresses are completed (`append_dot_mydomain` and its like) for relay clients only.

    Whoever runs this service must be able to reach the socket: see the chapter on deliveries.

    Arguments:
        flags: what Postfix does with the message
        socket: the socket of Postfix's cleanup service; a relative one lies beside the rules file that names it
        fallback: further places of cleanup services, tried in order when the one before has not taken the message: absolute paths, or HOST:PORT
        timeout: how long all of it may take; then the client is asked to try again

    Examples:
        on rcpt: if recipient not in ["ann@example.org", "postmaster@example.org"] deny 5.1.1 "No such user here"
        on queue: postfix_queue(flags = ["FLAG_FILTER", "FLAG_BCC_OK", "FLAG_MAP_OK"], timeout = 30s)
    """
    from qpsmtpd.stdlib.queue.onward.cleanup_client import Letter, hand_over  # whoever only checks rules does without asyncio

    first, more = flag_bits(flags)
    letter = Letter(first, before(envelope, client, clock, more), message)
    return await hand_over(letter, (socket, *fallback), envelope=envelope, seconds=timeout)
