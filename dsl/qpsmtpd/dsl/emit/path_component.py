"""A peer's value as a part of one component of a path: it can be told apart from all others, and leads nowhere else.

No `/`, no NUL, nothing that begins with a dot or a dash, nothing empty; what is not a plain letter, digit or sign is written
as %XX, octet by octet of its UTF-8. What would be too long for a file system is cut, and a digest of the whole stands behind.
"""

from __future__ import annotations

import hashlib
import string

LONGEST = 120
"""Octets that a value may take: two of them, and what stands around, fit into the 255 of a component."""
_PLAIN = frozenset(string.ascii_letters + string.digits + "._@+=-")
_EMPTY = "%empty"
_DIGEST = 32


def component(value: object) -> str:
    """The value so that it can stand anywhere in a component of a path."""
    text = str(value)
    if not text:
        return _EMPTY
    encoded = "".join(map(_octets, text))
    if encoded[0] in ".-":
        encoded = _octet(ord(encoded[0])) + encoded[1:]
    if len(encoded) <= LONGEST:
        return encoded
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{encoded[: LONGEST - _DIGEST - 2]}%-{digest}"


def _octets(character: str) -> str:
    if character in _PLAIN:
        return character
    return "".join(map(_octet, character.encode("utf-8", "surrogatepass")))


def _octet(number: int) -> str:
    return f"%{number:02X}"
