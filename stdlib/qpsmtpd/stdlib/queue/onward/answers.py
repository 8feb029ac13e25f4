"""What another server or service has answered, as a delivery's outcome: its class kept, its words made harmless."""

from __future__ import annotations

import re

from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.stdlib.dns.names import public_text

_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?: |$)", re.ASCII)


def said(code: int, text: str, *, enhanced: str = "") -> Delivery:
    """The answer 4xx or 5xx of a place as a delivery's: one harmless line, with its enhanced code or this one."""
    found = _ENHANCED.match(text)
    if found:
        text = text[found.end() :]
        if int(found[1]) == code // 100:
            enhanced = found[0].strip()
    return Delivery(False, public_text(text) or "The next server refuses the message", refused=code >= 500, enhanced=enhanced)
