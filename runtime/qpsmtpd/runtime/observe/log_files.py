"""Into which file a line of the log goes, as qpsmtpd's `logging/file` and `file_connection` had it, and writing it there.

A file's name may be a pattern: strftime(3) by local time, and `%i` for the session of the line. Only the writing thread
is here, so a full disk or a slow one holds up nobody else. It knows of a line which session it belongs to and whether it
is that session's last one, no more.
"""

from __future__ import annotations

import os
import re
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from qpsmtpd.dsl.model.settings import ServerSettings

_STANDARD = {"stdout": 1, "stderr": 2}
_OPEN = 32
"""Files that are kept open; the one that was not needed for longest is closed for another."""
_REMEMBERED = 10_000
"""Sessions whose file is remembered."""
_CONVERSION = re.compile(r"%(.)")
# our own quotes: within a value they would be escaped
_SESSION = re.compile(rb',"session":"([0-9a-z-]+)"')
_LAST = b'"event":"disconnect"'
_NO_SESSION = "main"


@dataclass(frozen=True, slots=True)
class Target:
    """`stderr`, `stdout`, or the pattern of a file's name; `nosplit`: a session's lines stay in the file it began in."""

    pattern: str
    nosplit: bool = False

    @property
    def by_line(self) -> bool:
        """True when lines of one moment may belong into different files."""
        return "%" in self.pattern and (self.nosplit or "i" in _CONVERSION.findall(self.pattern))

    def name(self, at: float, session: str) -> str:
        """The file of a session's line of that time."""
        if "%" not in self.pattern:
            return self.pattern
        return time.strftime(_CONVERSION.sub(lambda c: session if c[1] == "i" else c[0], self.pattern), time.localtime(at))


def log_target(server: ServerSettings, home: Path) -> Target:
    """What the settings say; `home` is where relative names lead."""
    name = server.log if server.log in _STANDARD else str(home / server.log)
    return Target(name, nosplit=server.log_nosplit)


class Lost(Exception):
    """Lines that could not be written: how many, and why."""

    def __init__(self, count: int, trouble: str) -> None:
        super().__init__(count, trouble)
        self.count = count
        self.trouble = trouble


class LogFiles:
    """The files of one target. Raises OSError when the first one cannot be opened."""

    def __init__(self, target: Target, at: float) -> None:
        self.target = target
        self._astray = ""
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._began: OrderedDict[bytes, str] = OrderedDict()
        self._latest = _File(target.name(at, _NO_SESSION))
        self._files[self._latest.name] = self._latest

    def write(self, lines: bytes, at: float) -> None:
        """Writes lines of one moment. Raises Lost when some could not be."""
        lost, trouble = 0, ""
        for name, part in self._parts(lines, at):
            file = self._file(name)
            try:
                file.write(part)
            except Lost as error:
                lost, trouble = lost + error.count, error.trouble
            file.follow()
        if lost:
            raise Lost(lost, trouble)

    @property
    def astray(self) -> str:
        """Why lines go to another file than they should."""
        return self._astray or self._latest.astray

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _parts(self, lines: bytes, at: float) -> Iterator[tuple[str, bytes]]:
        if not self.target.by_line:
            yield self.target.name(at, _NO_SESSION), lines
            return
        for name, same in groupby(lines.splitlines(keepends=True), lambda line: self._of_line(line, at)):
            yield name, b"".join(same)

    def _of_line(self, line: bytes, at: float) -> str:
        found = _SESSION.search(line)
        if found is None:
            return self.target.name(at, _NO_SESSION)
        session = found[1]
        name = self._began.get(session) or self.target.name(at, session.decode())
        if self.target.nosplit:
            self._began[session] = name
            if _LAST in line:
                del self._began[session]
            elif len(self._began) > _REMEMBERED:
                self._began.popitem(last=False)
        return name

    def _file(self, name: str) -> _File:
        """The open file of that name; where it cannot be opened, the one that was written to before."""
        file = self._files.get(name)
        if file is None:
            try:
                self._files[name] = file = _File(name)
            except OSError as error:
                self._astray = told(name, error)
                return self._latest
        self._astray = ""
        self._files.move_to_end(name)
        self._latest = file
        while len(self._files) > _OPEN:
            self._files.popitem(last=False)[1].close()
        return file


class _File:
    """An open file; lines are appended to it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.astray = ""
        """Why lines go to a file that has not that name any more."""
        self._fd = _open(name)
        self._torn = False

    def follow(self) -> None:
        """Opens the file of that name afresh when this one was moved away, as by rotating."""
        if self._fd <= 2 or self._in_place():
            self.astray = ""
            return
        try:
            fresh = _open(self.name)
        except OSError as error:
            self.astray = told(self.name, error)
            return
        os.close(self._fd)
        self._fd, self._torn, self.astray = fresh, False, ""

    def _in_place(self) -> bool:
        try:
            return os.path.samestat(Path(self.name).stat(), os.fstat(self._fd))
        except OSError:
            return False

    def write(self, lines: bytes) -> None:
        """Raises Lost."""
        # a line that was cut by a full disk must not swallow the next one
        left = b"\n" + lines if self._torn and lines else lines
        try:
            while left:
                done = os.write(self._fd, left)
                self._torn = left[done - 1 : done] != b"\n"
                left = left[done:]
        except OSError as error:
            raise Lost(left.count(b"\n"), os.strerror(error.errno or 0)) from error

    def close(self) -> None:
        if self._fd > 2:
            os.close(self._fd)


def told(name: str, error: OSError) -> str:
    """That a file cannot be opened, for the operator."""
    return f"{name}: {os.strerror(error.errno or 0)}; records still go where they went before"


def _open(name: str) -> int:
    if name in _STANDARD:
        return _STANDARD[name]
    # a pipe that nobody reads is an error, not a reason to wait for a reader
    fd = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK, 0o600)
    os.set_blocking(fd, True)
    return fd
