"""Reads a list of mail addresses, like qpsmtpd's `badmailfrom`, and says which lines are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from qpsmtpd.dsl.model.functions import DataFile, Fault, Kind, function
from qpsmtpd.dsl.model.values import Address, AddressSet
from qpsmtpd.stdlib.data.domain_names import NotADomain, canonical, canonical_entry
from qpsmtpd.stdlib.data.lines import comments, entries

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_STRING = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\[ -~])+)"')
_LONGEST_LOCAL = 64


class NotAnAddress(ValueError):
    """A text that is no address; its message says what was probably meant."""


def read(text: str, fault: Fault) -> AddressSet:
    """The addresses of a file. Q702 for a line that is none, Q703 for one that an other line covers."""
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    domains: dict[str, int] = {}
    for number, entry in entries(text):
        try:
            if entry.startswith("@"):
                first = domains.setdefault(canonical_entry(entry[1:]), number)
            elif entry.startswith("*@"):
                raise NotAnAddress(f'"{entry}" has a wildcard; every address of a domain is written "{entry[1:]}"')
            else:
                address = parse_address(entry)
                first = lines.setdefault(address.compared, number)
                found.setdefault(address.compared, address.text)
        except (NotAnAddress, NotADomain) as error:
            fault(number, "Q702", str(error))
            continue
        if first != number:
            fault(number, "Q703", f'"{entry}" is already on line {first}', first)
    _report_covered(lines, domains, fault)
    return AddressSet.of_texts(found, domains)


def parse_address(text: str) -> Address:
    """An address as RFC 5321 section 4.1.2 writes a mailbox, canonical. Raises NotAnAddress or NotADomain with a sentence."""
    local, at, domain = text.strip("<>").rpartition("@")
    if not at:
        raise NotAnAddress(f'"{text}" has no "@": an address is user@domain, all addresses of a domain are @domain')
    quoted = _QUOTED.fullmatch(local)
    plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else local
    if not quoted and not _DOT_STRING.fullmatch(local):
        raise NotAnAddress(f'"{text}" is not an address: "{local}" is no local part (RFC 5321 section 4.1.2)')
    if len(local) > _LONGEST_LOCAL:
        raise NotAnAddress(f'"{text[:40]}…" is not an address: its local part has more than {_LONGEST_LOCAL} characters')
    name = canonical(domain)
    return Address(plain, name, f"{local}@{name}")


def _report_covered(found: Mapping[str, int], domains: Mapping[str, int], fault: Fault) -> None:
    if not domains:
        return
    for address, number in found.items():
        domain = address.rpartition("@")[2]
        for covering in (domain, *(domain[dot.start() :] for dot in re.finditer(r"\.", domain))):
            if covering in domains:
                fault(
                    number,
                    "Q703",
                    f'"{address}" is already covered by "@{covering}" on line {domains[covering]}',
                    domains[covering],
                )
                break


ADDRESS_FILE = DataFile(
    read=read,
    comments=comments,
    sample="# one address a line; with nothing before the @, every address there\nann@example.net\n@example.com\n",
)
AddressFile = Annotated[AddressSet, ADDRESS_FILE]
"""A parameter that takes the name of a file of addresses."""


@function(kind=Kind.PURE)
def addresses(file: AddressFile) -> AddressSet:
    """The mail addresses listed in a data file.

    One address a line. `ann@example.net` is that address, `@example.com` every address of that domain, `@.example.com`
    every address below it. Upper and lower case are the same, in local parts too. Blank lines and `#` comments are
    skipped. The file is read when the rules load; a line that is no address is then an error.

    Arguments:
        file: the file's name, looked for in `config_dir`

    Examples:
        let unwanted = addresses("badmailfrom")
        on mail:
            if sender in unwanted deny 5.7.1 "Mail from this address is not taken"
    """
    return file
