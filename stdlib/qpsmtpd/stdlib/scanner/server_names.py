"""How rules name the server of a daemon, and what that means: a socket of this machine, or a host and a port.

Decides nothing about the daemon. What a peer sends never gets here: the names are known when the rules load.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_LONGEST_HOST = 253
_LONGEST_PATH = 107
"""Octets of the address of a Unix socket (unix(7)), without the NUL behind it."""


class Internet(NamedTuple):
    """A host, by name or address, and a port."""

    host: str
    port: int


def server_fault(text: str) -> str:
    """What is wrong with a server's name, or an empty text."""
    if text.startswith("/"):
        size = len(text.encode())
        if "\0" in text:
            return "a path cannot have a NUL in it"
        return f"the path has {size} octets; that of a socket can have {_LONGEST_PATH}" if size > _LONGEST_PATH else ""
    host, _, port = text.rpartition(":")
    if "/" in text or not _is_host(host):
        return (
            f'"{text[:80]}" is no server: write the path of its socket from / on, or "HOST:PORT", "[2001:db8::1]:PORT" for IPv6'
        )
    if not _PORT.fullmatch(port) or int(port) > 65535:
        return f'"{port[:20]}" is no port: a number from 1 to 65535 is'
    return ""


def parsed(text: str) -> str | Internet:
    """A path, or a host with its port. The text has no fault."""
    if text.startswith("/"):
        return text
    host, _, port = text.rpartition(":")
    return Internet(host.removeprefix("[").removesuffix("]"), int(port))


def _is_host(host: str) -> bool:
    if host.startswith("[") and host.endswith("]"):
        return _is_address(host[1:-1], 6)
    return len(host) <= _LONGEST_HOST and (_is_address(host, 4) or _HOST.fullmatch(host) is not None)


def _is_address(text: str, version: int) -> bool:
    try:
        return ip_address(text).version == version
    except ValueError:
        return False
