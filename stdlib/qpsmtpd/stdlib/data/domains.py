"""Reads a list of domains, like qpsmtpd's `rcpthosts`, and says which lines are wrong."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import DataFile, Fault, Kind, function
from qpsmtpd.dsl.model.values import DomainSet
from qpsmtpd.stdlib.data.domain_names import NotADomain, canonical_entry
from qpsmtpd.stdlib.data.lines import comments, entries


def read(text: str, fault: Fault) -> DomainSet:
    """The domains of a file. Q702 for a line that is none, Q703 for one that an other line covers."""
    lines: dict[str, int] = {}
    for number, entry in entries(text):
        try:
            name = canonical_entry(entry)
        except NotADomain as error:
            fault(number, "Q702", str(error))
            continue
        if name in lines:
            fault(number, "Q703", f'"{entry}" is already on line {lines[name]}', lines[name])
        else:
            lines[name] = number
    report_covered(lines, fault)
    return DomainSet(lines)


def report_covered(lines: dict[str, int], fault: Fault) -> None:
    """Q703 for each entry that lies below a `.domain` entry; `lines` has the line of each entry."""
    if not any(name.startswith(".") for name in lines):
        return
    for name, number in lines.items():
        dot = name.find(".", 1)
        while dot >= 0:
            if name[dot:] in lines:
                fault(
                    number,
                    "Q703",
                    f'"{name}" is already covered by "{name[dot:]}" on line {lines[name[dot:]]}',
                    lines[name[dot:]],
                )
                break
            dot = name.find(".", dot + 1)


DOMAIN_FILE = DataFile(
    read=read,
    comments=comments,
    sample="# one domain a line; with a dot in front, everything below it\nexample.org\n.example.org\n",
)
DomainFile = Annotated[DomainSet, DOMAIN_FILE]
"""A parameter that takes the name of a file of domains."""


@function(kind=Kind.PURE)
def domains(file: DomainFile) -> DomainSet:
    """The domains listed in a data file.

    One domain a line. `example.org` is that domain alone, `.example.org` everything below it. Blank lines and
    `#` comments are skipped, upper and lower case are the same, international names may be written as they look.
    The file is read when the rules load; a line that is no domain is then an error.

    Arguments:
        file: the file's name, looked for in `config_dir`

    Examples:
        let partners = domains("partners")
        on mail:
            if sender.domain and sender.domain in partners:
                trusted = true
    """
    return file
