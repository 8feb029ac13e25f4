"""Decides which files make up the rules: the main one, with the statements of each `use` put in its place, once."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from qpsmtpd.dsl.check.rules_files import left_out, may_be_cut_off
from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.surroundings import Surroundings
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.text import decode
from qpsmtpd.dsl.syntax.tree import Span, TopLevel, Use


@dataclass(slots=True)
class _Reading:
    findings: Findings
    sources: Sources
    around: Surroundings
    done: set[str] = field(default_factory=set)
    uses: list[Use] = field(default_factory=list)
    """The `use` lines of the main file."""


def statements(
    path: str, folder: str, sources: Sources, *, findings: Findings, around: Surroundings
) -> tuple[TopLevel, ...] | None:
    """The top-level statements of all files in the order in which they hold; None when the main file cannot be read.

    Of `use` only those of Python files are left, with the name of the file as their target.
    """
    sources.place(path, folder)
    try:
        sources.content(path)
    except OSError as error:
        message = f'the rules file "{path}" cannot be read: {_reason(error)}'
        findings.add("Q120", Span(path, 1, 1, 1, 1), message)
        return None
    reading = _Reading(findings, sources, around)
    found = tuple(_of_file(path, (path,), reading))
    left_out(path, reading.uses, reading.done, matching=around.matching, read=sources.aside, findings=findings)
    return found


def shipped(name: str, sources: Sources, around: Surroundings, findings: Findings) -> tuple[TopLevel, ...] | None:
    """The statements of the shipped rules file of that name; None when there is no such file."""
    path = _shipped_path(name, around)
    if not path or not _readable(path, sources):
        return None
    sources.place(path, sources.home)
    return tuple(_of_file(path, (path,), _Reading(findings, sources, around)))


def _shipped_path(name: str, around: Surroundings) -> str:
    return posixpath.join(around.shipped, f"{name}.q") if around.shipped else ""


def _readable(path: str, sources: Sources) -> bool:
    try:
        sources.content(path)
    except OSError:
        return False
    return True


def _of_file(path: str, chain: tuple[str, ...], reading: _Reading) -> Iterator[TopLevel]:
    reading.done.add(path)
    text = decode(reading.sources.content(path), path, reading.findings)
    file = parse(text, path, reading.findings)
    may_be_cut_off(file, reading.findings)
    for statement in file.statements:
        if isinstance(statement, Use):
            reading.uses += [statement] * (len(chain) == 1)
            yield from _used(statement, chain, reading)
        else:
            yield statement


def _used(use: Use, chain: tuple[str, ...], reading: _Reading) -> Iterator[TopLevel]:
    if use.path:
        yield from _of_shipped(use, chain, reading)
        return
    path = posixpath.normpath(posixpath.join(posixpath.dirname(chain[-1]), use.target))
    if not any(c in use.target for c in "*?["):
        yield from _file(use, path, chain, reading)
        return
    found = sorted(reading.around.matching(path), key=str.encode)
    if not found:
        reading.findings.add(
            "Q122",
            use.span,
            f'no file matches "{use.target}"',
            why=f"it was looked for as {path}, beside the file that names it",
            help="create one, or take the line away",
        )
    for each in found:
        if each not in chain:  # a file that means itself too by its pattern is no circle
            yield from _file(
                replace(use, target=posixpath.join(posixpath.dirname(use.target), posixpath.basename(each))), each, chain, reading
            )


def _of_shipped(use: Use, chain: tuple[str, ...], reading: _Reading) -> Iterator[TopLevel]:
    path = _shipped_path(use.target, reading.around)
    if path and (path in reading.done or _readable(path, reading.sources)):
        yield from _file(use, path, chain, reading)
        return
    reading.findings.add(
        "Q120",
        use.span,
        f"there is no shipped file `{use.target}`",
        help=f'a file of your own is named in quotes: `use "{use.target}.q"`',
    )


def _file(use: Use, path: str, chain: tuple[str, ...], reading: _Reading) -> Iterator[TopLevel]:
    if path in chain:
        _cycle(use, (*chain[chain.index(path) :], path), reading.findings)
        return
    if path in reading.done:
        return
    sources = reading.sources
    # what a shipped file names is the operator's, and stands beside the main file
    named = sources.home if use.path else posixpath.dirname(posixpath.join(sources.folders[chain[-1]], use.target))
    sources.place(path, named)
    try:
        reading.sources.content(path)
    except OSError as error:
        reading.findings.add(
            "Q120",
            use.span,
            f'the file "{use.target}" cannot be read: {_reason(error)}',
            why=f"it was looked for as {path}, beside the file that names it",
            help=_meant_shipped(use, reading),
        )
        return
    if use.target.endswith(".py"):
        reading.done.add(path)
        yield replace(use, target=path)
    else:
        yield from _of_file(path, (*chain, path), reading)


def _meant_shipped(use: Use, reading: _Reading) -> str:
    name = use.target.removesuffix(".q")
    path = "" if use.path else _shipped_path(name, reading.around)
    return f"there is a shipped file of that name: `use {name}`" if path and _readable(path, reading.sources) else ""


def _cycle(use: Use, chain: tuple[str, ...], findings: Findings) -> None:
    message = "these files use each other: " + " → ".join(chain)
    findings.add("Q121", use.span, message, why="a file cannot stand inside itself", help="remove one of these `use` lines")


def _reason(error: OSError) -> str:
    return (error.strerror or "it is not there").lower()
