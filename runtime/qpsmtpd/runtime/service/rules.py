"""Reads and compiles a rules file for the service, and compares what came out with the rules in use.

It decides which rules this version cannot serve, what a reload may not take away unasked (a file's last line `end`, a hook, a
`require`) and which settings only a restart changes. It swaps nothing.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from qpsmtpd.dsl.compile import compile_rules
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.program import ListenerProgram, Program
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings, unserved
from qpsmtpd.runtime.service.library import library, surroundings

_Settings = TypeVar("_Settings", ServerSettings, ListenerSettings)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A compiled rules file: `program` is None when a finding refuses it.

    `files` are the rules files it was made of, `ended` those of them whose last line is `end`.
    """

    program: Program | None
    findings: Findings
    files: frozenset[Path]
    ended: frozenset[Path]


def load(path: Path, folder: Path | None = None) -> Loaded:
    """Reads each file once and compiles; `folder` is where relative paths lead instead of the file's own. Raises OSError
    when the file itself cannot be read; what it uses is a matter of findings."""
    texts = {path.absolute(): content(path)}

    def read(name: str) -> bytes:
        wanted = Path(name).absolute()
        if wanted not in texts:
            texts[wanted] = content(wanted)
        return texts[wanted]

    compiled = compile_rules(str(path), library(), read, str(folder) if folder else None, around=surroundings())
    rules = {name: text for name, text in texts.items() if name.suffix == ".q" or name == path.absolute()}
    ended = frozenset(name for name, text in rules.items() if _ends(text))
    return Loaded(compiled.program, compiled.findings, frozenset(rules), ended)


def content(path: Path) -> bytes:
    """The file's octets. Raises OSError, also for a pipe: a reload could wait for ever until somebody writes into it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _ends(text: bytes) -> bool:
    lines = (line.split(b"#", 1)[0].rstrip() for line in reversed(text.splitlines()))
    return next((line for line in lines if line), b"") == b"end"


def not_served(program: Program) -> tuple[str, ...]:
    """The settings that rules are checked for and that this version cannot serve, a sentence each."""
    places: list[tuple[str, ServerSettings | ListenerSettings]] = [("server", program.server)]
    places += [(f"listener {listener.name}", listener.settings) for listener in program.listeners]
    return tuple(
        f"{where}: `{name} = {getattr(settings, name)}` is checked, but this version cannot serve it yet"
        for where, settings in places
        for name in unserved(settings)
    )


def vanished(new: Program, old: Program, files: Loaded, ended: frozenset[Path]) -> tuple[str, ...]:
    """What the rules in use have and the new ones have lost, a sentence each: signs of a cut or half-written file."""
    cut = [f"{name} has lost its last line `end`: is it a cut copy?" for name in sorted((ended & files.files) - files.ended)]
    rest = {listener.name: (*_named(listener),) for listener in new.listeners}
    lost = [
        f"{what} at listener {listener.name} is gone"
        for listener in old.listeners
        for what in _named(listener)
        if what not in rest.get(listener.name, ())
    ]
    return (*cut, *lost)


def _named(listener: ListenerProgram) -> list[str]:
    """What of a listener's rules may not vanish."""
    return [*(f"`on {hook}`" for hook in listener.hooks), *(f"`require {what}`" for what in listener.requires)]


def settle(new: Program, old: Program) -> tuple[Program, tuple[str, ...]]:
    """The new program with what only a restart changes left as it is, and what that was."""
    server, kept = _keep(new.server, old.server, "server")
    before = {listener.name: listener for listener in old.listeners}
    listeners: list[ListenerProgram] = []
    for listener in new.listeners:
        if listener.name not in before:
            kept += [f"listener {listener.name}"]
            continue
        settings, more = _keep(listener.settings, before.pop(listener.name).settings, f"listener {listener.name}")
        listeners.append(dataclasses.replace(listener, settings=settings))
        kept += more
    # a listener that is no longer named has a socket all the same: its own rules stay with it
    listeners += before.values()
    kept += [f"listener {name}" for name in before]
    return dataclasses.replace(new, server=server, listeners=tuple(listeners)), tuple(kept)


def _keep(new: _Settings, old: _Settings, where: str) -> tuple[_Settings, list[str]]:
    kept = {
        f.name: getattr(old, f.name)
        for f in dataclasses.fields(new)
        if f.metadata["restart"] and getattr(new, f.name) != getattr(old, f.name)
    }
    return dataclasses.replace(new, **kept), [f"{where}: {name}" for name in kept]
