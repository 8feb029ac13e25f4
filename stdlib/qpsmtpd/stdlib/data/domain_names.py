"""What may be written as a domain in rules and data files, and the canonical form it has there.

The rule is RFC 5321 section 2.3.5 with RFC 5891 for names that are not ASCII: labels of letters, digits and inner hyphens,
at most 63 octets a label and 253 a name, at least two labels (`localhost` excepted), the last one no number. Knows no file and no DNS.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}+(?<!-)\.)+(?!-|[0-9]+$)[a-z0-9-]{1,63}+(?<!-)", re.ASCII)
_LONGEST = 253


class NotADomain(ValueError):
    """A text that is no domain; its message says what was probably meant."""


def canonical(text: str) -> str:
    """The name as lower-case A-labels without trailing dot. Raises NotADomain with a sentence."""
    name = text.lower().removesuffix(".")
    if not name.isascii():
        name = _a_labels(text, name)
    if (_NAME.fullmatch(name) and len(name) <= _LONGEST) or name == "localhost":
        return name
    raise NotADomain(_what_is_wrong(text))


def canonical_entry(text: str) -> str:
    """Like `canonical`, but `.example.org` stands for everything below `example.org`."""
    if not text.startswith("."):
        return canonical(text)
    name = text[1:]
    if name and "." not in name.removesuffix(".") and "/" not in name:
        raise NotADomain(f'"{text}" would be everything below a whole top-level domain; name the domain: ".example{text}"')
    return "." + canonical(name)


def _a_labels(text: str, name: str) -> str:
    # its tables are large, and most files are ASCII
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise NotADomain(f'"{text}" is not a domain name: not even as an international one (RFC 5891)') from None


def _what_is_wrong(text: str) -> str:
    name = text.removesuffix(".")
    if len(text.split()) > 1:
        return f'"{text}" is more than one entry; write one a line'
    if name == "*":
        return '"*" would be every domain there is; name your domains, one a line'
    if name.startswith("*."):
        return f'"{text}" has a wildcard; everything below a domain is written ".{name[2:]}"'
    if "@" in name:
        host = name.rpartition("@")[2]
        return f'"{text}" is an address; only its domain belongs here: "{host}"' if host else f'"{text}" is not a domain name'
    if "://" in name:
        return f'"{text}" is a URL; only its host name belongs here'
    if re.fullmatch(r"[0-9.]+(/[0-9]+)?", name) or ":" in name or name.startswith("["):
        return f'"{text}" is an IP address or network, not a domain name'
    if "." not in name and re.fullmatch(r"[A-Za-z0-9-]{1,63}", name):
        return f'"{text}" is a single label (a top-level domain?); write the whole domain: "{name}.example.org"'
    if any(len(label) > 63 for label in name.split(".")) or len(name) > _LONGEST:
        return f'"{text[:40]}…" is too long for a domain name (63 octets a label, {_LONGEST} in all)'
    return f'"{text}" is not a domain name: labels of letters, digits and inner hyphens, joined by single dots'
