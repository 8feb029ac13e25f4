"""Decides how files come in: each is read once, counts in the digest of the rules, and has its lines kept for carets.

Knows which file names which folder, but neither opens a file (`read` does) nor knows what the files mean.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import DataFile
from qpsmtpd.dsl.syntax.tree import Span


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
            text = self._text(name)
            lines = text.splitlines()
            self._findings.sources[name] = lines
            self._values[name, file] = file.read(text, lambda *fault: self._fault(name, lines, *fault))
        return self._values[name, file]

    def _text(self, name: str) -> str:
        octets = self.content(name)
        try:
            return octets.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = octets.decode("utf-8", "replace")
            line = octets.count(b"\n", 0, error.start) + 1
            self._fault(name, text.splitlines(), line, "Q702", "this line is not UTF-8 text")
            return text

    def _fault(self, name: str, lines: list[str], line: int, code: str, message: str) -> None:
        width = len(lines[line - 1]) if 0 < line <= len(lines) else 0
        self._findings.add(code, Span(name, line, 1, line, width + 1), message)
