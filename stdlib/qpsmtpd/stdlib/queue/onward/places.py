"""How rules write where a message is handed on to, and for how long that is tried."""

from __future__ import annotations

import re


def endpoint(text: str, port: int = 0) -> tuple[str, int]:
    """Host and port of `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`. Raises ValueError with a sentence."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:/\[\]]+))(?::(\d{1,5}))?", text, re.ASCII)
    if found is None and re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", text):
        raise ValueError(f'"{text}" is no server: an IPv6 address stands in brackets, as in "[2001:db8::1]:25"')
    if found is None:
        raise ValueError(f'"{text[:60]}" is no server: write "HOST" or "HOST:PORT", as in "mail.example.org:25"')
    if found[3] is None and not port:
        raise ValueError(f'"{text}" has no port: write "{text}:PORT"')
    number = port if found[3] is None else int(found[3])
    if not 0 < number < 65536:
        raise ValueError(f'"{text}" has a port that does not exist: ports are 1 to 65535')
    return found[1] or found[2], number


def positive_fault(text: str) -> str:
    """What is wrong with a duration or number that must be more than zero, or an empty text."""
    return "" if float(text) > 0 else "it must be more than zero"
