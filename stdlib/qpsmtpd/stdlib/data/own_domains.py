"""Reads a list of one's own domains: a list of domains in which a public suffix is surely a mistake."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from qpsmtpd.dsl.model.functions import Fault
from qpsmtpd.dsl.model.values import DomainSet
from qpsmtpd.stdlib.data.domains import DOMAIN_FILE, read
from qpsmtpd.stdlib.data.lines import entries
from qpsmtpd.stdlib.data.public_suffixes import is_public_suffix


def read_own(text: str, fault: Fault) -> DomainSet:
    """The domains of a file. Q704 for a public suffix, besides what every list of domains is told."""
    for number, entry in entries(text):
        name = entry.strip(".").lower()
        if "." in name and is_public_suffix(name):
            ours = f"{'.' * entry.startswith('.')}example.{name}"
            message = f'"{entry}" is a public suffix: everybody can have domains below it; write your own, as in "{ours}"'
            fault(number, "Q704", message)
    return read(text, fault)


OwnDomainFile = Annotated[DomainSet, replace(DOMAIN_FILE, read=read_own)]
"""A parameter that takes the name of a file of one's own domains."""
