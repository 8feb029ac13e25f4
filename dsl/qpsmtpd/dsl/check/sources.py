"""Decides how files come in: each is read once, counts in the digest of the rules, and has its lines kept for carets.

Knows which file names which folder, but neither opens a file (`read` does) nor knows what the files mean.
"""

from __future__ import annotations

import functools
import hashlib
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from qpsmtpd.dsl.diagnostics.allow_comments import HINT, read_allows
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.fix import Edit, Fix
from qpsmtpd.dsl.model.functions import DataFile
from qpsmtpd.dsl.syntax.comments import Comment
from qpsmtpd.dsl.syntax.text import lines_of
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

    def aside(self, name: str) -> bytes:
        """The octets of a file that is no part of the rules: it does not count in the digest. Raises OSError."""
        return self._contents[name] if name in self._contents else self._read(name)

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

    @property
    def home(self) -> str:
        """The folder of the main rules file."""
        return next(iter(self._folders.values()))

    def own_path(self, text: str, named_in: str) -> str:
        """A path that a rules file names, absolute: a relative one leads from the folder of that file."""
        return posixpath.normpath(posixpath.join(self._folders[named_in], text))

    def data(self, name: str, file: DataFile) -> Any:
        """What a data file holds, read once by its reader; faults become findings in that file. Raises OSError."""
        if (name, file) not in self._values:
            text, broken = self._text(name)
            lines = _Lines(text)
            self._findings.sources[name] = lines
            if file.comments is not None and HINT in text:
                said = (Comment.at(name, number, column, lines[number - 1]) for number, column in file.comments(text))
                read_allows(said, 1, self._findings)
            faults = _Faults(name, text, self._findings, broken)
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


@dataclass(slots=True)
class _Kind:
    """The faults of one code: how many, where those begin that are not told one by one, and the fixes for these."""

    count: int = 0
    rest: int = 0
    edits: list[Edit] = field(default_factory=list)


class _Lines(Sequence[str]):
    """The lines of a data file, cut apart when one is wanted: a million of them take much memory, and most files have no fault."""

    def __init__(self, text: str) -> None:
        self._text = text

    @functools.cached_property
    def _lines(self) -> tuple[str, ...]:
        return lines_of(self._text)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._lines)


class _Faults:
    """What a reader finds wrong with the lines of a data file: the first of each kind one by one, the rest as a number."""

    def __init__(self, name: str, text: str, findings: Findings, broken: int) -> None:
        self._name = name
        self._lines = lines_of(text)
        self._findings = findings
        self._broken = broken
        self._ended = text.endswith("\n")
        self._found: dict[str, _Kind] = {}
        if broken:
            self._findings.add("Q702", self._span(broken), "this line is not UTF-8 text")

    def add(self, line: int, code: str, message: str, other: int = 0, /) -> None:
        """A fault as a reader reports it; a line that is not UTF-8 has been reported."""
        kind = self._found.setdefault(code, _Kind())
        if line == self._broken:
            return
        edits = self._again(line, other)
        silent = self._findings.allowed(code, self._span(line)) is not None
        if silent or kind.count < REPORTED:
            notes = [Note(self._span(other), "this line has it already")] if other else []
            self._findings.add(code, self._span(line), message, notes=notes, fix=Fix(tuple(edits)) if edits else None)
        else:
            kind.rest = kind.rest or line
            kind.edits += edits
        kind.count += not silent

    def count_the_rest(self) -> None:
        """One finding for all that were not reported one by one, at the first of them."""
        for code, kind in self._found.items():
            if kind.rest:
                more = kind.count - REPORTED
                message = f"{more} more line{'s' * (more > 1)} of this file from here on "
                message += ("are" if more > 1 else "is") + " wrong in the same way"
                fix = Fix(tuple(kind.edits)) if kind.edits else None
                self._findings.add(code, self._span(kind.rest), message, fix=fix)

    def _again(self, line: int, other: int) -> list[Edit]:
        """What takes a line away whose very text stands on an earlier line too, comment included."""
        if not 0 < other < line <= len(self._lines) or self._lines[line - 1].strip() != self._lines[other - 1].strip():
            return []
        if self._lines[line - 2].lstrip().startswith("#"):  # the comment may be about this line, and would be about the next one
            return []
        last = line == len(self._lines) and not self._ended
        end = (line, len(self._lines[line - 1]) + 1) if last else (line + 1, 1)
        return [Edit(Span(self._name, line, 1, *end), "")]

    def _span(self, line: int) -> Span:
        width = len(self._lines[line - 1]) if 0 < line <= len(self._lines) else 0
        return Span(self._name, line, 1, line, width + 1)
