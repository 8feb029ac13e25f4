"""What a rule decides, and the SMTP reply it becomes (RFC 5321 section 4.2, RFC 3463).

A `Verdict` is made once, when the rules load, with its reply already in octets; only a text with `{{ }}` is
rendered when the rule fires. Replies are valid SMTP by construction: printable ASCII, at most 512 octets a line,
never an empty last line.
"""

from __future__ import annotations

import enum
import textwrap
from dataclasses import dataclass, replace

from qpsmtpd.dsl.model.values import Delivery


class Verb(enum.Enum):
    """The verdicts of the language."""

    ACCEPT = "accept"
    DENY = "deny"
    DEFER = "defer"
    DISCARD = "discard"
    QUARANTINE = "quarantine"
    REPLY = "reply"
    ENFORCE = "enforce"
    SKIP = "skip"
    PASS = "pass"


CLASS: dict[Verb, int] = {Verb.ACCEPT: 2, Verb.DISCARD: 2, Verb.QUARANTINE: 2, Verb.DENY: 5, Verb.DEFER: 4}
"""The first digit of a verb's reply code; `reply` may have any."""

MEANING: dict[Verb, str] = {
    Verb.ACCEPT: "ends the hook with a positive answer",
    Verb.DENY: "ends the hook: refused for good, the client shall not try again",
    Verb.DEFER: "ends the hook: refused for now, the client shall try again later",
    Verb.DISCARD: "ends the hook with a positive answer, but this recipient (in `rcpt`) or the message goes nowhere; always logged",
    Verb.QUARANTINE: "ends the hook with a positive answer, but the message goes to a quarantine instead of the queue; always logged",
    Verb.REPLY: "ends the hook with this answer instead of the usual one",
    Verb.ENFORCE: "says the verdict that was kept for this hook, if there is one",
    Verb.SKIP: "leaves this `on` block; the next block of the hook goes on",
    Verb.PASS: "does nothing",
}
"""What each verb does, for the manual."""

LINE_LIMIT = 510
"""Octets of a reply line without CRLF (RFC 5321 section 4.5.3.1.5)."""


def printable(text: str) -> str:
    """The text as printable ASCII: control characters become blanks, all else beyond ASCII a question mark."""
    return "".join(c if " " <= c <= "~" else " " if c < " " or c == "\x7f" else "?" for c in text)


def reply_bytes(code: int, enhanced: str, text: str) -> bytes:
    """A complete reply. Each line of `text` becomes a reply line; long ones are wrapped."""
    prefix = f"{enhanced} " if enhanced else ""
    width = LINE_LIMIT - 4 - len(prefix)
    lines: list[str] = []
    for raw in text.split("\n") if text else [""]:
        line = printable(raw)
        lines += textwrap.wrap(line, width) if len(line) > width else [line]
    lines = lines or [""]
    last = len(lines) - 1
    return b"".join(
        f"{code}{' ' if i == last else '-'}{prefix}{line}".rstrip(" ").encode("ascii") + b"\r\n"
        if line or prefix
        else f"{code}{' ' if i == last else '-'}\r\n".encode("ascii")
        for i, line in enumerate(lines)
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule decided. `rule` is its label or file:line, for the log; `place` the quarantine that it names."""

    verb: Verb
    rule: str
    code: int = 0
    enhanced: str = ""
    text: str = ""
    disconnect: bool = False
    reply: bytes = b""
    place: str = ""

    def saying(self, text: object) -> Verdict:
        """The same verdict with another text: a rendered template or a lookup's reason."""
        words = str(text)
        return replace(self, text=words, reply=reply_bytes(self.code, self.enhanced, words))


def verdict(
    verb: Verb, rule: str, code: int = 0, enhanced: str = "", text: str = "", *, disconnect: bool = False, place: str = ""
) -> Verdict:
    """A verdict with its reply made; the way compiled rules build their constants."""
    reply = reply_bytes(code, enhanced, text) if code else b""
    return Verdict(verb, rule, code, enhanced, text, disconnect, reply, place)


def of_delivery(delivery: Delivery, rule: str) -> Verdict:
    """The verdict that a delivery's outcome is: accept when delivered, else deny or defer with the answer's class."""
    if delivery.delivered:
        return verdict(Verb.ACCEPT, rule, 250, delivery.enhanced or "2.0.0", delivery.text)
    if delivery.refused:
        return verdict(Verb.DENY, rule, 554, delivery.enhanced or "5.0.0", delivery.text)
    return verdict(Verb.DEFER, rule, 451, delivery.enhanced or "4.3.0", delivery.text)
