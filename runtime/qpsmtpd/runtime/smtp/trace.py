"""Our trace field: the `Received:` that each message gets on top (RFC 5321 section 4.4).

Only what was checked or made here stands in it: of the name in HELO nothing but the characters of host names.
"""

from __future__ import annotations

import re
import time

from qpsmtpd.runtime.smtp.session import Session, Transaction

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNSAFE = re.compile(r"[^a-z0-9.:_\[\]-]")
_NAME_LIMIT = 255


def received(session: Session, transaction: Transaction, hostname: str) -> bytes:
    """The field, folded, with its line end."""
    ip = session.ip
    literal = f"[{ip}]" if ip.version == 4 else f"[IPv6:{ip}]"
    helo = _UNSAFE.sub("?", session.helo)[:_NAME_LIMIT]
    only = transaction.recipients[0].text if len(transaction.recipients) == 1 else ""
    lines = [
        f"Received: from {helo} ({literal})",
        f"by {hostname} with {'ESMTP' if session.esmtp else 'SMTP'} id {session.session_id}.{transaction.number}",
        *([f"for <{only}>"] if only else []),
    ]
    return ("\r\n\t".join(lines) + ";\r\n\t" + date(session.services.clock.now()) + "\r\n").encode("ascii")


def date(now: float) -> str:
    """A time as RFC 5322 section 3.3 writes it, in UTC, in English whatever the locale."""
    t = time.gmtime(now)
    return f"{_DAYS[t.tm_wday]}, {t.tm_mday} {_MONTHS[t.tm_mon - 1]} {t.tm_year} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000"
