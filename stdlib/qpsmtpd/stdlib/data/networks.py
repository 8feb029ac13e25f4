"""Reads a list of networks, like qpsmtpd's `relayclients`, and says which lines are wrong."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import DataFile, Fault, Kind, function
from qpsmtpd.dsl.model.values import NetworkSet
from qpsmtpd.stdlib.data.lines import comments, entries
from qpsmtpd.stdlib.data.network_prefixes import NotANetwork, Prefix, parse

_Lines = dict[int, dict[int, int]]
"""For each prefix length the line of each prefix."""


def read(text: str, fault: Fault) -> NetworkSet:
    """The networks of a file. Q702 for a line that is none, Q703 for one that an other line covers."""
    tables: dict[int, _Lines] = {32: {}, 128: {}}
    for number, entry in entries(text):
        try:
            bits, length, start = parse(entry)
        except NotANetwork as error:
            fault(number, "Q702", str(error))
            continue
        first = tables[bits].setdefault(length, {}).setdefault(start, number)
        if first != number:
            fault(number, "Q703", f'"{entry}" is already on line {first}', first)
    for bits, lines in tables.items():
        _report_covered(bits, lines, fault)
    return NetworkSet.of_prefixes(tables[32], tables[128])


def _report_covered(bits: int, lines: _Lines, fault: Fault) -> None:
    lengths = sorted(lines)
    for place, length in enumerate(lengths):
        shorter = [(length - other, other, lines[other]) for other in lengths[:place]]
        if not shorter:
            continue
        for start, number in lines[length].items():
            for shift, other, starts in shorter:
                if start >> shift in starts:
                    inner, outer = Prefix(bits, length, start), Prefix(bits, other, start >> shift)
                    fault(
                        number,
                        "Q703",
                        f"{inner} is already covered by {outer} on line {starts[outer.start]}",
                        starts[outer.start],
                    )
                    break


NETWORK_FILE = DataFile(
    read=read,
    comments=comments,
    sample="# one network or address a line\n192.0.2.0/24\n198.51.100.7\n203.0.113.\n2001:db8::/32\n",
)
NetworkFile = Annotated[NetworkSet, NETWORK_FILE]
"""A parameter that takes the name of a file of networks."""


@function(kind=Kind.PURE)
def networks(file: NetworkFile) -> NetworkSet:
    """The networks listed in a data file.

    One network a line: in CIDR notation, a single address, or as qpsmtpd's files have it, an address cut off behind a dot
    or colon (`192.0.2.` is 192.0.2.0/24). Blank lines and `#` comments are skipped. The file is read when the rules
    load; a line that is no network, or whose address has bits beyond the prefix, is then an error.

    Arguments:
        file: the file's name, looked for in `config_dir`

    Examples:
        let own_networks = networks("relayclients")
        on connect:
            if ip in own_networks:
                relay = true
    """
    return file
