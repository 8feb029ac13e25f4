"""Decides how files come in: each is read once, counts in the digest of the rules, and has its lines kept for carets.

Knows which file names which folder, but neither opens a file (`read` does) nor knows what the files mean.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import DataFile
from qpsmtpd.dsl.syntax.tree import Span

REPORTED = 50
"""Faults of one kind in a data file that are reported line by line."""


class Sources:
    """The files of one run, in the order in which they were read."""

    def __init__(self, read: Callable[[str], bytes], findings: Findings) -> None:
        self._read = read
        self._findings = findings
        self._contents: dict[str, bytes] = {}
        self._values: dict[tuple[str, DataFile], Any] = {}
        self._folders: dict[str, str] = {}
        self._digest = hashlib.sha256()

    def content(self, name: str) -> bytes:
        """The octets of a file. Raises OSError."""
        if name not in self._contents:
            octets = self._read(name)
            self._contents[name] = octets
            self._digest.update(b"%d:" % len(octets) + octets)
        return self._contents[name]

    @property
    def digest(self) -> str:
        """Names the text of all files read so far, in their order: 12 hexadecimal digits."""
        return self._digest.hexdigest()[:12]

    def place(self, name: str, folder: str) -> None:
        """Remembers in which folder (absolute) a rules file stands."""
        self._folders[name] = folder

    @property
    def folders(self) -> Mapping[str, str]:
        return self._folders

    def own_path(self, text: str, named_in: str) -> str:
        """A path that a rules file names, absolute: a relative one leads from the folder of that file."""
        return posixpath.normpath(posixpath.join(self._folders[named_in], text))

    def data(self, name: str, file: DataFile) -> Any:
        """What a data file holds, read once by its reader; faults become findings in that file. Raises OSError."""
        if (name, file) not in self._values:
            text, broken = self._text(name)
            lines = text.splitlines()
            self._findings.sources[name] = lines
            faults = _Faults(name, lines, self._findings, broken)
            self._values[name, file] = file.read(text, faults.add)
            faults.count_the_rest()
        return self._values[name, file]

    def _text(self, name: str) -> tuple[str, int]:
        """The text of a data file, and its first line that is not UTF-8 (0 when all are)."""
        octets = self.content(name)
        try:
            return octets.decode("utf-8-sig"), 0
        except UnicodeDecodeError as error:
            return octets.decode("utf-8", "replace"), octets.count(b"\n", 0, error.start) + 1


class _Faults:
    """What a reader finds wrong with the lines of a data file: the first of each kind one by one, the rest as a number."""

    def __init__(self, name: str, lines: Sequence[str], findings: Findings, broken: int) -> None:
        self._name = name
        self._lines = lines
        self._findings = findings
        self._broken = broken
        self._found: dict[str, list[int]] = {}
        if broken:
            self._add(broken, "Q702", "this line is not UTF-8 text")

    def add(self, line: int, code: str, message: str) -> None:
        """A fault as a reader reports it; a line that is not UTF-8 has been reported."""
        found = self._found.setdefault(code, [0, 0])
        if line == self._broken:
            return
        if found[0] < REPORTED:
            self._add(line, code, message)
        elif found[0] == REPORTED:
            found[1] = line
        found[0] += 1

    def count_the_rest(self) -> None:
        """One finding for all that were not reported one by one, at the first of them."""
        for code, (count, first) in self._found.items():
            if count > REPORTED:
                more = count - REPORTED
                message = f"{more} more line{'s' * (more > 1)} of this file from here on "
                self._add(first, code, message + ("are" if more > 1 else "is") + " wrong in the same way")

    def _add(self, line: int, code: str, message: str) -> None:
        width = len(self._lines[line - 1]) if 0 < line <= len(self._lines) else 0
        self._findings.add(code, Span(self._name, line, 1, line, width + 1), message)
