"""Reads a list of the users of a site: local parts, addresses, or whole domains.

`ann` is that local part at every domain that is taken, `ann@example.org` that address, `@example.org` everybody there.
A list is a mapping from what is compared to how it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from qpsmtpd.dsl.model.functions import DataFile, Fault
from qpsmtpd.stdlib.data.addresses import NotAnAddress, parse_address
from qpsmtpd.stdlib.data.domain_names import NotADomain, canonical
from qpsmtpd.stdlib.data.lines import comments, entries

_PASSWD = re.compile(r"([^:\s]+):[^:]*:\d+:\d+:")
_SOMEWHERE = "domain.example"


def read(text: str, fault: Fault) -> Mapping[str, str]:
    """The users of a file. Q702 for a line that is none, Q703 for one that an other line covers."""
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, entry in entries(text):
        try:
            key = user_key(entry)
        except (NotAnAddress, NotADomain) as error:
            fault(number, "Q702", _passwd_line(entry) or str(error))
            continue
        first = lines.setdefault(key, number)
        if first != number:
            fault(number, "Q703", f'"{entry}" is already on line {first}', first)
        else:
            found[key] = entry
    for key, number in lines.items():
        for covering in covering_keys(key):
            if covering in lines:
                other = lines[covering]
                fault(number, "Q703", f'"{found[key]}" is already covered by "{found[covering]}" on line {other}', other)
    return found


def user_key(entry: str) -> str:
    """What is compared of a user as written: lower case, the local part without quotes. Raises NotAnAddress or NotADomain."""
    if entry.startswith("@"):
        return "@" + canonical(entry[1:])
    if "@" in entry:
        return parse_address(entry).compared
    try:
        return parse_address(f"{entry}@{_SOMEWHERE}").compared.removesuffix(f"@{_SOMEWHERE}")
    except NotAnAddress:
        raise NotAnAddress(f'"{entry[:80]}" is neither a local part nor an address (RFC 5321 section 4.1.2)') from None


def covering_keys(key: str) -> list[str]:
    """The keys that say as much as this one and more."""
    local, at, domain = key.rpartition("@")
    return [local, f"@{domain}"] if at and local else []


def _passwd_line(entry: str) -> str:
    found = _PASSWD.match(entry)
    return f'this is a line of a passwd file; only the user\'s name belongs here: "{found[1]}"' if found else ""


USER_FILE = DataFile(
    read=read,
    comments=comments,
    sample="# one user a line: at all our domains, at one, and a domain where everybody exists\nann\nbob@example.org\n@lists.example.org\n",
)
UserFile = Annotated[Mapping[str, str], USER_FILE]
"""A parameter that takes the name of a file of users."""
