"""The records that Postfix's cleanup service gets before a message: who sends it to whom, when, and from where it came."""

from __future__ import annotations

from collections.abc import Mapping

from qpsmtpd.dsl.model.services import Client, Clock, Envelope
from qpsmtpd.dsl.model.values import Address
from qpsmtpd.stdlib.dns.names import public_text
from qpsmtpd.stdlib.queue.onward import cleanup_wire as wire


def before(envelope: Envelope, client: Client, clock: Clock, flags: int) -> bytes:
    """All records up to the one that begins the message; `flags` are those that a record says."""
    now = clock.now()
    encoding = {"8BITMIME": "8bit", "7BIT": "7bit"}.get(envelope.params.get("BODY", "").upper(), "")
    return b"".join(
        (
            wire.record(wire.TIME, f"{int(now)} {int(now % 1 * 1e6)}".encode()),
            wire.named("rewrite_context", "local" if client.relay else "remote"),
            wire.record(wire.SENDER, _internal(envelope.sender)),
            wire.named("encoding", encoding),
            *(wire.named(name, value) for name, value in _origin(client).items()),
            *(wire.record(wire.RECIPIENT, _internal(recipient)) for recipient in envelope.recipients),
            wire.record(wire.MORE_FLAGS, str(flags).encode()) if flags else b"",
            wire.record(wire.MESSAGE),
        )
    )


def _internal(address: Address) -> bytes:
    """An address as Postfix keeps it: without quotes."""
    return b"" if address.local is None else f"{address.local}@{address.domain}".encode()


def _origin(client: Client) -> Mapping[str, str]:
    """The client, for Postfix's log, its milters and what it runs; its name in the DNS is not known here."""
    ip, helo = str(client.ip), public_text(client.helo)
    protocol = "ESMTP" if client.esmtp else "SMTP"
    family, written = (2, ip) if client.ip.version == 4 else (10, f"IPv6:{ip}")
    return {
        "log_client_name": "unknown",
        "log_client_address": written,
        "log_client_port": str(client.port),
        "log_message_origin": f"unknown[{ip}]",
        "log_helo_name": helo,
        "log_protocol_name": protocol,
        "client_name": "unknown",
        "reverse_client_name": "unknown",
        "client_address": ip,
        "client_port": str(client.port),
        "helo_name": helo,
        "protocol_name": protocol,
        "client_address_type": str(family),
    }
