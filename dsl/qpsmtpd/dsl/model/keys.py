"""What a function counts or remembers by: the values that can be a key, and the text that each of them is.

Two values that rules call equal have one text, so that nobody is counted twice by writing his name in capitals.
"""

from __future__ import annotations

from qpsmtpd.dsl.model.values import Address, IPAddress, IPNetwork

Key = str | Address | IPAddress | IPNetwork
"""A text, an address, a domain (which is a text), an IP address or a network."""


def key_text(key: Key) -> str:
    """The key as it is kept."""
    return key.compared if isinstance(key, Address) else str(key)
