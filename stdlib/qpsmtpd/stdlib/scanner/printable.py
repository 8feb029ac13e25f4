"""What a daemon says, made harmless: it may hold whatever a message made it say, and gets into logs, replies and header fields."""

from __future__ import annotations


def printable(octets: bytes, longest: int) -> str:
    """At most so many octets as printable ASCII, with `?` for each that is none."""
    return "".join(chr(octet) if 32 <= octet < 127 else "?" for octet in octets[:longest]).strip()
