"""Decides which files make up the rules: the main one, with the statements of each `use` put in its place, once."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.unsupported import later
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.text import decode
from qpsmtpd.dsl.syntax.tree import Span, TopLevel, Use


@dataclass(slots=True)
class _Reading:
    findings: Findings
    sources: Sources
    done: set[str] = field(default_factory=set)


def statements(path: str, folder: str, sources: Sources, findings: Findings) -> tuple[TopLevel, ...] | None:
    """The top-level statements of all files in the order in which they hold; None when the main file cannot be read."""
    sources.place(path, folder)
    try:
        sources.content(path)
    except OSError as error:
        message = f'the rules file "{path}" cannot be read: {_reason(error)}'
        findings.add("Q120", Span(path, 1, 1, 1, 1), message)
        return None
    return tuple(_of_file(path, (path,), _Reading(findings, sources)))


def _of_file(path: str, chain: tuple[str, ...], reading: _Reading) -> Iterator[TopLevel]:
    reading.done.add(path)
    text = decode(reading.sources.content(path), path, reading.findings)
    file = parse(text, path, reading.findings)
    for statement in file.statements:
        if isinstance(statement, Use):
            yield from _used(statement, chain, reading)
        else:
            yield statement


def _used(use: Use, chain: tuple[str, ...], reading: _Reading) -> Iterator[TopLevel]:
    what = _unsupported(use)
    if what:
        later(reading.findings, use.span, what)
        return
    path = posixpath.normpath(posixpath.join(posixpath.dirname(chain[-1]), use.target))
    if path in chain:
        _cycle(use, (*chain[chain.index(path) :], path), reading.findings)
        return
    if path in reading.done:
        return
    folders = reading.sources.folders
    reading.sources.place(path, posixpath.dirname(posixpath.join(folders[chain[-1]], use.target)))
    try:
        reading.sources.content(path)
    except OSError as error:
        reading.findings.add(
            "Q120",
            use.span,
            f'the file "{use.target}" cannot be read: {_reason(error)}',
            why=f"it was looked for as {path}, beside the file that names it",
        )
        return
    yield from _of_file(path, (*chain, path), reading)


def _unsupported(use: Use) -> str:
    if use.path:
        return "`use` of a shipped file"
    if any(c in use.target for c in "*?["):
        return "a pattern in `use`"
    return "`use` of a Python file" if use.target.endswith(".py") else ""


def _cycle(use: Use, chain: tuple[str, ...], findings: Findings) -> None:
    message = "these files use each other: " + " → ".join(chain)
    findings.add("Q121", use.span, message, why="a file cannot stand inside itself", help="remove one of these `use` lines")


def _reason(error: OSError) -> str:
    return (error.strerror or "it is not there").lower()
