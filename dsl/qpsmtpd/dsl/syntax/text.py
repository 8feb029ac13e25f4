"""Decides what may stand in a rules file at all: UTF-8, without characters that nobody can see (Q106).

A forbidden character is reported and read as a blank, so that columns stay true. Lines may end in CR LF; everything
behind this file sees LF, also inside a text of several lines: an editor's habit does not change what is answered.
"""

from __future__ import annotations

import re
import unicodedata

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.tree import Span

_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\r(?!\n)"
)

REPORTED = 20
"""Forbidden characters reported one by one; a file with more is no rules file."""


def decode(data: bytes, name: str, findings: Findings) -> str:
    """The text of a file. Octets that are not UTF-8 are reported by line (Q106) and replaced; a byte order mark is dropped."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        text = data.decode("utf-8", "replace")
        findings.sources.setdefault(name, lines_of(text))
        findings.add(
            "Q106",
            Span(name, line, column, line, column + 1),
            f"this is not UTF-8: octet 0x{data[error.start]:02X}",
            why="rules are UTF-8, so that they mean the same on every machine",
            help=f"save the file as UTF-8, or `iconv -f latin1 -t utf-8 {name}`",
        )
        return text


def cleaned(text: str, name: str, findings: Findings) -> str:
    """The text with LF line ends, and blanks in place of forbidden characters, which are reported."""
    for count, match in enumerate(_FORBIDDEN.finditer(text)):
        if count == REPORTED:
            break
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        character = unicodedata.name(match[0], "a control character").lower()
        findings.add(
            "Q106",
            Span(name, line, column, line, column + 1),
            f"U+{ord(match[0]):04X} ({character}) cannot stand in a rules file",
            why="it does not show, so the file would not mean what it seems to say",
            help=f"remove it; inside a text write it as `\\u{{{ord(match[0]):X}}}`",
        )
    return _FORBIDDEN.sub(" ", text).replace("\r\n", "\n")


def lines_of(text: str) -> tuple[str, ...]:
    """The text's lines without their ends."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return tuple(lines[:-1] if lines[-1] == "" else lines)
