"""Questions and answers of the DNS as octets (RFC 1035), with dnspython's codec, and as the text that functions get.

Decides what counts as an answer to a question; all else is noise that anybody may have sent. Opens no socket. dnspython is
loaded with the first question: a command that asks nothing does not wait for it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.values import Answer

if TYPE_CHECKING:
    import dns.message
    import dns.rdata

PAYLOAD = 1232
"""Octets we take in one datagram: what passes every path unfragmented (DNS flag day 2020)."""
MOST_RECORDS = 256
"""Records of one answer that functions get to see."""
_RESPONSE, _TRUNCATED = 0x80, 0x02


class ServerFailed(Exception):
    """A server answered, or could not be asked, and an other one might do better. Its text is for the log."""


class Unaskable(ValueError):
    """The name cannot be in the DNS: an empty or too long label, or characters beyond ASCII."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with an id that nobody can guess, as dnspython's message and as octets."""

    message: dns.message.QueryMessage
    octets: bytes


def question(name: str, kind: str) -> Question:
    """A recursive question for the records of a name. Raises Unaskable."""
    import dns.exception
    import dns.message
    import dns.name

    if not name:
        raise Unaskable("an empty name cannot be asked for")
    try:
        asked = dns.name.from_text(name.encode("ascii").decode("ascii"))
    except (dns.exception.DNSException, UnicodeError):
        raise Unaskable(f"{name[:80]!r} cannot be a name in the DNS") from None
    message = dns.message.make_query(asked, kind, use_edns=0, payload=PAYLOAD, id=secrets.randbelow(65_536))
    return Question(message, message.to_wire())


def truncated(asked: Question, octets: bytes) -> bool:
    """True for an answer that did not fit a datagram; behind the question, what there is of it need not even parse."""
    end = 12 + len(asked.message.question[0].name.to_wire() or b"") + 4
    same = octets[:2] == asked.octets[:2] and octets[12:end].lower() == asked.octets[12:end].lower()
    return same and len(octets) >= end and bool(octets[2] & _RESPONSE and octets[2] & _TRUNCATED)


def reply(asked: Question, octets: bytes) -> dns.message.Message | None:
    """The octets as the reply to this question; None for anything else."""
    import dns.exception
    import dns.message

    try:
        message = dns.message.from_wire(octets, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    return message if asked.message.is_response(message) else None


def answer(message: dns.message.Message) -> Answer:
    """What a reply says; a name or type that does not exist is an answer too. Raises ServerFailed for SERVFAIL and the like."""
    import dns.exception
    import dns.message
    import dns.rcode

    rcode = message.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) or not isinstance(message, dns.message.QueryMessage):
        raise ServerFailed(dns.rcode.to_text(rcode))
    try:
        chain = message.resolve_chaining()
    except dns.exception.DNSException as error:
        raise ServerFailed(f"an answer that makes no sense ({type(error).__name__})") from None
    records = tuple(_text(rdata) for rdata in list(chain.answer or ())[:MOST_RECORDS])
    return Answer(records, float(chain.minimum_ttl), rcode == dns.rcode.NOERROR)


def _text(rdata: dns.rdata.Rdata) -> str:
    """A record in presentation form; TXT joined without quotes, names in lower case without the last dot."""
    kind = type(rdata).__name__
    if kind in ("TXT", "SPF"):
        return b"".join(rdata.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
    if kind in ("PTR", "CNAME", "NS", "DNAME"):
        return _name(rdata.target)  # type: ignore[attr-defined]
    if kind == "MX":
        return f"{rdata.preference} {_name(rdata.exchange)}"  # type: ignore[attr-defined]
    return rdata.to_text()


def _name(name: object) -> str:
    return str(name).lower().removesuffix(".") or "."
