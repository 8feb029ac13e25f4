"""Decides which files of tests belong to rules, and reads them: `NAME.test.q` beside each `NAME.q`, and those that are named.

They are no part of the rules: they count in no digest, and nothing in them changes what a rule means. They may hold
tests, and what only tests need: `use`, `let` and `define`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.text import decode
from qpsmtpd.dsl.syntax.tree import Span

ENDING = ".test.q"
"""How the name of a file of tests ends."""
_MAY_STAND = (tree.Test, tree.Let, tree.Define)


def tests_beside(sources: Sources, named: Sequence[str], findings: Findings) -> tuple[tree.TopLevel, ...]:
    """What stands in the files of tests: in those beside the rules that were read, and in those that are named."""
    beside = {path.removesuffix(".q") + ENDING: folder for path, folder in sources.folders.items() if path.endswith(".q")}
    reading = _Reading(sources, findings)
    for path, folder in beside.items():
        if not path.endswith(ENDING + ENDING):
            reading.file(path, folder, None)
    for path in named:
        reading.file(path, posixpath.dirname(posixpath.abspath(path)), Span(path, 1, 1, 1, 1))
    return tuple(reading.found)


class _Reading:
    """The files of tests while they are read, each once."""

    def __init__(self, sources: Sources, findings: Findings) -> None:
        self.found: list[tree.TopLevel] = []
        self._sources = sources
        self._findings = findings
        self._done = {posixpath.abspath(path) for path in sources.folders}

    def file(self, path: str, folder: str, asked: Span | None) -> None:
        """Takes up a file; one that is not there is a finding where it was asked for."""
        absolute = posixpath.abspath(path)
        if absolute in self._done:
            return
        self._done.add(absolute)
        try:
            octets = self._sources.aside(path)
        except OSError as error:
            if asked is not None:
                reason = (error.strerror or "it is not there").lower()
                self._findings.add("Q120", asked, f'the file "{path}" cannot be read: {reason}')
            return
        self._sources.place(path, folder)
        parsed = parse(decode(octets, path, self._findings), path, self._findings)
        for statement in parsed.statements:
            self._statement(statement, path, folder)

    def _statement(self, statement: tree.TopLevel, path: str, folder: str) -> None:
        if isinstance(statement, tree.Use) and not statement.path:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), statement.target))
            self.file(target, posixpath.dirname(posixpath.join(folder, statement.target)), statement.span)
        elif isinstance(statement, _MAY_STAND):
            self.found.append(statement)
        else:
            self._findings.add(
                "Q807",
                _head(statement),
                "a file of tests holds no rules",
                why="rules that only the tests see would be tested, and others served",
                allowed="`test`, and what only tests need: `use`, `let` and `define`",
                help="put it into the rules file",
            )


def _head(statement: tree.TopLevel) -> Span:
    """The statement's first line."""
    span = statement.span
    return span if span.end_line == span.line else Span(span.file, span.line, span.column, span.line, span.column + 2)
