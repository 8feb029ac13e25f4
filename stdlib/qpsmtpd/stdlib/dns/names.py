"""What the DNS says, made harmless: host names and free texts from records that strangers write.

Knows no resolver.
"""

from __future__ import annotations

import re

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LONGEST_NAME = 253
_LONGEST_TEXT = 255


def host_name(record: str) -> str:
    """A record's name in lower case without trailing dot; empty when it is no host name (underscores are met, and let through)."""
    name = record.lower().removesuffix(".")
    return name if len(name) <= _LONGEST_NAME and _HOST.fullmatch(name) else ""


def public_text(record: str) -> str:
    """A TXT record as one short line of printable ASCII: it will be said to a client."""
    clean = "".join(c if " " <= c <= "~" else " " if c.isspace() or ord(c) < 32 else "?" for c in record)
    return " ".join(clean.split())[:_LONGEST_TEXT]
