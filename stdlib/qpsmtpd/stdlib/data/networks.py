"""Reads a list of networks, like qpsmtpd's `relayclients`, and says which lines are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from qpsmtpd.dsl.model.functions import DataFile, Fault, Kind, function
from qpsmtpd.dsl.model.values import NetworkSet, prefix
from qpsmtpd.stdlib.data.lines import comments, entries
from qpsmtpd.stdlib.data.network_prefixes import NotANetwork, parse, written

_LINE = 32
"""Bits for a line's number behind a network's own: one number an entry is all that is kept of a line."""


def read(text: str, fault: Fault) -> NetworkSet:
    """The networks of a file. Q702 for a line that is none, Q703 for one that an other line covers."""
    noted: dict[int, list[int]] = {32: [], 128: []}
    for number, entry in entries(text):
        try:
            bits, length, start = parse(entry)
        except NotANetwork as error:
            fault(number, "Q702", str(error))
        else:
            noted[bits].append(prefix(start << (bits - length), length) << _LINE | number)
    for found in noted.values():
        found.sort()
    for number, message, first in sorted(said for bits, found in noted.items() for said in _covered(bits, found)):
        fault(number, "Q703", message, first)
    v4, v6 = ([entry >> _LINE for entry in found] for found in noted.values())
    return NetworkSet.of_prefixes(v4, v6)


def _covered(bits: int, found: Sequence[int]) -> Iterator[tuple[int, str, int]]:
    """Line, message and the line that makes it needless, for each entry that is there twice or lies inside another; the entries are sorted."""
    outer = previous = 0
    end = -1
    for entry in found:
        if entry >> _LINE == previous >> _LINE and end >= 0:
            yield _line(entry), f"{_written(bits, entry)} is already on line {_line(previous)}", _line(previous)
            continue
        previous = entry
        address, length = _network(entry)
        if address <= end:
            yield (
                _line(entry),
                f"{_written(bits, entry)} is already covered by {_written(bits, outer)} on line {_line(outer)}",
                _line(outer),
            )
        else:
            outer, end = entry, address | ((1 << (bits - length)) - 1)


def _line(entry: int) -> int:
    return entry & ((1 << _LINE) - 1)


def _network(entry: int) -> tuple[int, int]:
    """Its address and the length of its prefix."""
    return entry >> (_LINE + 8), entry >> _LINE & 0xFF


def _written(bits: int, entry: int) -> str:
    return written(bits, *_network(entry))


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
