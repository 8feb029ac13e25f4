"""Tells a server that trusts us who our client is, by XCLIENT, as Postfix describes it in its XCLIENT_README."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qpsmtpd.dsl.model.services import Client
from qpsmtpd.stdlib.queue.onward.handing_on import NotTaken
from qpsmtpd.stdlib.queue.onward.smtp_client import SmtpClient

_LONGEST = 500
"""Octets of a command."""
_PLAIN = re.compile(r"[!-*,-<>-~]")
_NO_HOST = re.compile(r"[^A-Za-z0-9.:_\[\]-]")
_LONGEST_NAME = 255


async def introduce(connection: SmtpClient, client: Client) -> None:
    """Greets anew in the client's name. Raises NotTaken when the server does not offer that or does not want it."""
    offered = connection.offers.get("XCLIENT", "").upper().split()
    if not offered:
        raise NotTaken("it does not offer us XCLIENT")
    for line in _lines({name: value for name, value in _facts(client).items() if name in offered}):
        reply = await connection.command(line)
        if reply.code != 220:
            raise NotTaken(f"it answers XCLIENT with {reply}")
    await connection.greet(_NO_HOST.sub("?", client.helo)[:_LONGEST_NAME] or "unknown")


def _facts(client: Client) -> Mapping[str, str]:
    """What is known of the client; its name in the DNS is not."""
    ip = client.ip
    return {
        "NAME": "[UNAVAILABLE]",
        "ADDR": str(ip) if ip.version == 4 else f"IPV6:{ip}",
        "PORT": str(client.port),
        "PROTO": "ESMTP" if client.esmtp else "SMTP",
        "HELO": xtext(client.helo[:_LONGEST_NAME]) or "[UNAVAILABLE]",
    }


def _lines(facts: Mapping[str, str]) -> Iterator[str]:
    line = "XCLIENT"
    for name, value in facts.items():
        if len(line) + len(name) + len(value) + 2 > _LONGEST:
            yield line
            line = "XCLIENT"
        line += f" {name}={value}"
    yield line


def xtext(text: str) -> str:
    """A text in which all but harmless ASCII is written as `+XX` (RFC 3461 section 4)."""
    return "".join(chr(octet) if _PLAIN.match(chr(octet)) else f"+{octet:02X}" for octet in text.encode())
