"""What an SMTP server answers: its code, its words, and what both mean for the message in hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qpsmtpd.dsl.model.values import Delivery, LookupFailure
from qpsmtpd.stdlib.dns.names import public_text
from qpsmtpd.stdlib.queue.onward.answers import said
from qpsmtpd.stdlib.queue.onward.handing_on import NotTaken

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*?))?\r?\n", re.DOTALL)
_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ", re.ASCII)
_QUEUED_AS = re.compile(r"[A-Za-z0-9._+-]{1,64}")


class Closing(NotTaken):
    """The server ends the connection (421), so it will not take the message there."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; a line of it is what stands behind its code."""

    code: int
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """Its words, in which the enhanced code stands once."""
        first = self.lines[0]
        code = _CODE.match(first)
        return " ".join([first, *(line.removeprefix(code[0] if code else "") for line in self.lines[1:])])

    def __str__(self) -> str:
        return public_text(f"{self.code} {self.text}")

    def for_client(self) -> Delivery:
        """A 4xx or 5xx as an answer to the client."""
        return said(self.code, self.text)

    def queued(self) -> Delivery:
        """A 250 for the message: only its last word is told, which is the queue id with most servers."""
        words = self.text.split()
        last = words[-1] if words else ""
        return Delivery(True, f"Queued as {last}" if _QUEUED_AS.fullmatch(last) else "Queued")


def line_of(octets: bytes) -> tuple[int, bool, str]:
    """Code of a reply's line, whether it is the last one, and its words. Raises LookupFailure when it is no such line."""
    found = _LINE.fullmatch(octets)
    if found is None:
        raise LookupFailure("it does not speak SMTP")
    return int(found[1]), found[2] != b"-", (found[3] or b"").decode("utf-8", "replace")


def settled(reply: Reply, address: str = "") -> Delivery:
    """The refusal that a reply is; `address` when it is for that recipient, and others are refused for its sake.

    Raises NotTaken for 4xx, LookupFailure for what is no refusal.
    """
    if reply.code < 400:
        raise LookupFailure(f"it answers {reply}, which has no meaning here")
    answer = reply.for_client()
    if address:
        answer = replace(answer, text=f"<{address}>: {answer.text}; the message was sent to nobody")
    if reply.code >= 500:
        return answer
    raise NotTaken(f"it answers {reply}", answer)
