"""A message on its way to another server, by `smtp_forward` with the options that a test wants."""

from __future__ import annotations

from collections.abc import Sequence

from library_doubles import KnownClient, OurSite, WrittenEnvelope, WrittenMessage, address
from qpsmtpd.dsl.model.values import Delivery, Duration
from qpsmtpd.stdlib.queue.smtp_forward import smtp_forward

SENT = WrittenEnvelope(address("ann@example.net"), [address("bob@example.org")])
OURS = OurSite()


def to(*recipients: str, **params: str) -> WrittenEnvelope:
    return WrittenEnvelope(SENT.sender, [address(recipient) for recipient in recipients], params=params)


async def forward(
    host: str,
    message: WrittenMessage | None = None,
    *,
    port: int = 25,
    fallback: Sequence[str] = (),
    helo: str = "",
    timeout: float = 20.0,  # noqa: ASYNC109 - it is the option's name
    connections: int = 20,
    xclient: bool = False,
    envelope: WrittenEnvelope = SENT,
    client: KnownClient | None = None,
) -> Delivery:
    return await smtp_forward(
        host,
        port,
        fallback,
        helo,
        Duration(timeout),
        connections,
        xclient,
        message=message or WrittenMessage(),
        envelope=envelope,
        client=client or KnownClient(),
        site=OURS,
    )
