"""Reads a map of aliases as mail servers have it (aliases(5)): `name: where its mail goes`.

Of the targets it knows only that there are some: where mail goes is the delivery's matter. What may stand before the
colon is what a list of users may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from qpsmtpd.dsl.model.functions import DataFile, Fault
from qpsmtpd.stdlib.data.addresses import NotAnAddress
from qpsmtpd.stdlib.data.domain_names import NotADomain
from qpsmtpd.stdlib.data.lines import comments
from qpsmtpd.stdlib.data.users import user_key

_NAME = re.compile(r'\s*("(?:[^"\\]|\\.)*"(?:@[^:\s]*)?|[^:"\s]+)\s*:(.*)', re.DOTALL)


def read(text: str, fault: Fault) -> Mapping[str, str]:
    """The aliases of a file and their targets. Q702 for a line that is none, Q703 for a name that is there twice."""
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, entry in _logical(text, fault):
        match = _NAME.fullmatch(entry)
        if match is None or not (targets := match[2].strip()):
            fault(number, "Q702", _what_is_wrong(entry, match is not None))
            continue
        try:
            key = user_key(match[1])
        except (NotAnAddress, NotADomain) as error:
            fault(number, "Q702", str(error))
            continue
        first = lines.setdefault(key, number)
        if first == number:
            found[key] = targets
        else:
            fault(number, "Q703", f'"{match[1]}" is already on line {first}', first)
    return found


def _logical(text: str, fault: Fault) -> Iterator[tuple[int, str]]:
    """Entries with the lines that continue them: those that begin with a blank."""
    begun, entry = 0, ""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not line[0].isspace():
            if entry:
                yield begun, entry
            begun, entry = number, line.strip()
        elif entry:
            entry += " " + line.strip()
        else:
            fault(number, "Q702", "this line begins with a blank, so it goes on with the one before, and there is none")
    if entry:
        yield begun, entry


def _what_is_wrong(entry: str, no_target: bool) -> str:
    if no_target:
        name = entry.split(":")[0].strip()
        return f'nothing stands behind "{name}:"; write where its mail goes: "{name}: somebody"'
    name = entry.split()[0]
    return f'"{entry[:60]}" is no alias: write "{name}: where its mail goes"'


ALIAS_FILE = DataFile(
    read=read,
    comments=comments,
    sample="# name: where its mail goes; a line that begins with a blank goes on\npostmaster: ann\nstaff: ann,\n    bob\n",
)
AliasFile = Annotated[Mapping[str, str], ALIAS_FILE]
"""A parameter that takes the name of a file of aliases."""
