"""The arguments of MAIL and RCPT: reverse-path, forward-path and parameters (RFC 5321 sections 4.1.1.11 and 4.1.2).

Strict, with one kindness: blanks may follow the colon. Source routes are dropped as RFC 5321 appendix C says; quoted
local parts are unquoted, and quoted again in the canonical form only where they must be. Lines come here as printable
ASCII. What is wrong raises `Refused` with the reply; nothing here knows a session or a rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from types import MappingProxyType

from qpsmtpd.dsl.model.values import NULL_SENDER, Address
from qpsmtpd.runtime.smtp import replies

LOCAL_LIMIT = 64
DOMAIN_LIMIT = 255
PATH_LIMIT = 256

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_DOT_STRING = rf"{_ATOM}(?:\.{_ATOM})*"
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"

_PLAIN = rf" *+<({_DOT_STRING})@({_DOMAIN})>"
_PLAIN_MAIL = re.compile(rf"(?i:FROM):{_PLAIN}")
_PLAIN_RCPT = re.compile(rf"(?i:TO):{_PLAIN}")
"""What nearly every client sends; all else takes the long way."""
_LOCAL = re.compile(_DOT_STRING)
_HOST = re.compile(_DOMAIN)
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\[ -~])+)"')
_ROUTE = re.compile(rf"@(?:{_DOMAIN}|\[[^]]*\])(?:,@(?:{_DOMAIN}|\[[^]]*\]))*:")
_LITERAL = re.compile(r"\[([0-9A-Za-z.:]++)\]")
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*+")
_VALUE = re.compile(r"[!-<>-~]++")

_NONE: Mapping[str, str] = MappingProxyType({})
_SIZE_DIGITS = 20


class Refused(Exception):
    """The argument is not acceptable; `reply` says why to the client."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply


def parse_mail(argument: str, *, esmtp: bool, max_size: int) -> tuple[Address, Mapping[str, str]]:
    """What follows `MAIL `: the sender and its parameters, keywords in upper case.

    Raises Refused: 501 for syntax, 552 when SIZE (RFC 1870) is over `max_size`, 555 for a parameter not announced.
    """
    plain = _PLAIN_MAIL.match(argument)
    if plain is not None:
        sender, end = _plain(plain, replies.BAD_SENDER), plain.end()
    elif argument[:5].upper() != "FROM:":
        raise Refused(replies.MAIL_SYNTAX)
    else:
        start, end = _brackets(argument, 5, replies.MAIL_SYNTAX)
        path = argument[start : end - 1]
        sender = _path(path, replies.BAD_SENDER) if path else NULL_SENDER
    if len(argument) == end:
        return sender, _NONE
    return sender, _mail_parameters(_parameters(argument[end:], esmtp), max_size)


def parse_rcpt(argument: str, *, esmtp: bool, hostname: str) -> tuple[Address, Mapping[str, str]]:
    """What follows `RCPT `: the recipient and its parameters; `<postmaster>` alone is postmaster at `hostname`.

    Raises Refused: 501 for syntax, 555 for any parameter, since none is announced.
    """
    plain = _PLAIN_RCPT.match(argument)
    if plain is not None:
        recipient, end = _plain(plain, replies.BAD_RECIPIENT), plain.end()
    elif argument[:3].upper() != "TO:":
        raise Refused(replies.RCPT_SYNTAX)
    else:
        start, end = _brackets(argument, 3, replies.RCPT_SYNTAX)
        path = argument[start : end - 1]
        if path.lower() == "postmaster":
            recipient = Address(path, hostname, f"{path}@{hostname}")
        else:
            recipient = _path(path, replies.BAD_RECIPIENT)
    if len(argument) > end and _parameters(argument[end:], esmtp):
        raise Refused(replies.UNKNOWN_PARAMETER)
    return recipient, _NONE


def parse_domain(text: str) -> str | None:
    """A host name in lower case (RFC 5321 `Domain`; an address without brackets is none), or None."""
    if len(text) > DOMAIN_LIMIT or _HOST.fullmatch(text) is None or text.rpartition(".")[2].isdigit():
        return None
    return text.lower()


def parse_literal(text: str) -> IPv4Address | IPv6Address | None:
    """The address of a literal `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3), or None."""
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return None
    inside = literal[1]
    try:
        if inside[:5].lower() == "ipv6:":
            return IPv6Address(inside[5:])
        return IPv4Address(inside)
    except AddressValueError:
        return None


def _plain(match: re.Match[str], fault: bytes) -> Address:
    local, domain = match.groups()
    domain = domain.lower()
    text = f"{local}@{domain}"
    # a path as short as that keeps all three limits
    if len(text) > LOCAL_LIMIT and (len(local) > LOCAL_LIMIT or len(domain) > DOMAIN_LIMIT or len(text) + 2 > PATH_LIMIT):
        raise Refused(fault)
    return Address(local, domain, text)


def _brackets(argument: str, start: int, fault: bytes) -> tuple[int, int]:
    """Where the path begins, behind its `<`, and where its `>` ends; a quoted string may hold a `>`."""
    while argument.startswith(" ", start):
        start += 1
    if not argument.startswith("<", start):
        raise Refused(fault)
    at, quoted = start + 1, False
    while at < len(argument):
        char = argument[at]
        if char == "\\" and quoted:
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char == ">" and not quoted:
            return start + 1, at + 1
        at += 1
    raise Refused(fault)


def _path(path: str, fault: bytes) -> Address:
    if len(path) + 2 > PATH_LIMIT:
        raise Refused(fault)
    route = _ROUTE.match(path)
    local, rest = _local(path[route.end() :] if route else path, fault)
    if not rest.startswith("@"):
        raise Refused(fault)
    domain = _domain(rest[1:], fault)
    return Address(local, domain, f"{_written(local)}@{domain}")


def _local(text: str, fault: bytes) -> tuple[str, str]:
    """The local part without its quotes, and what follows it."""
    if match := _QUOTED.match(text):
        local = re.sub(r"\\(.)", r"\1", match[1])
    elif match := _LOCAL.match(text):
        local = match[0]
    else:
        raise Refused(fault)
    if match.end() > LOCAL_LIMIT:
        raise Refused(fault)
    return local, text[match.end() :]


def _domain(text: str, fault: bytes) -> str:
    if len(text) > DOMAIN_LIMIT:
        raise Refused(fault)
    if text.startswith("["):
        ip = parse_literal(text)
        if ip is None:
            raise Refused(fault)
        return f"[{ip}]" if ip.version == 4 else f"[IPv6:{ip}]"
    if _HOST.fullmatch(text) is None:
        raise Refused(fault)
    return text.lower()


def _written(local: str) -> str:
    if _LOCAL.fullmatch(local):
        return local
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parameters(text: str, esmtp: bool) -> dict[str, str]:
    """Keywords and values of `text`, which begins behind the path (RFC 5321 section 4.1.2 `esmtp-param`)."""
    if not text.startswith(" "):
        raise Refused(replies.BAD_PARAMETER)
    found: dict[str, str] = {}
    for word in text.split():
        keyword, equals, value = word.partition("=")
        keyword = keyword.upper()
        if not _KEYWORD.fullmatch(keyword) or keyword in found or (equals and not _VALUE.fullmatch(value)):
            raise Refused(replies.BAD_PARAMETER)
        found[keyword] = value
    if found and not esmtp:
        raise Refused(replies.UNKNOWN_PARAMETER)
    return found


def _mail_parameters(found: Mapping[str, str], max_size: int) -> Mapping[str, str]:
    for keyword, value in found.items():
        if keyword == "SIZE":
            if not value.isdecimal() or len(value) > _SIZE_DIGITS:
                raise Refused(replies.BAD_PARAMETER)
            if int(value) > max_size:
                raise Refused(replies.TOO_BIG)
        elif keyword == "BODY":
            if value.upper() not in ("7BIT", "8BITMIME"):
                raise Refused(replies.BAD_PARAMETER)
        else:
            raise Refused(replies.UNKNOWN_PARAMETER)
    return found
