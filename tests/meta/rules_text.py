"""Compiles rules that stand in a text, with data files that exist only in a dictionary."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from qpsmtpd.dsl.compile import Compiled, compile_rules
from qpsmtpd.runtime.service.library import surroundings
from qpsmtpd.stdlib import catalogue

FOLDER = "/rules"
FILES: Mapping[str, str] = {"rcpthosts": "example.org\n.example.org\n", "relayclients": "192.0.2.0/24\n"}
"""The data files that every example sees."""


def compiled(text: str, files: Mapping[str, str] = FILES) -> Compiled:
    """What the compiler makes of a text as the rules file of a folder that holds these files."""
    present = {**files, "rules.q": text}

    def read(path: str) -> bytes:
        name = posixpath.relpath(posixpath.join(FOLDER, path), FOLDER)
        if path.startswith(surroundings().shipped):
            return Path(path).read_bytes()
        if name not in present:
            raise FileNotFoundError(2, "No such file or directory", path)
        return present[name].encode()

    def matching(pattern: str) -> list[str]:
        if pattern.startswith(FOLDER):
            return fnmatch.filter([posixpath.join(FOLDER, name) for name in present], pattern)
        return around.matching(pattern)

    around = surroundings()
    return compile_rules(f"{FOLDER}/rules.q", catalogue(), read, FOLDER, around=replace(around, matching=matching), tests=())


def completed(fragment: str) -> str:
    """A fragment behind the gate and the delivery that it leaves out."""
    gate = "" if "rcpthosts(" in fragment else "on rcpt: unless rcpthosts(domain) deny\n"
    delivery = "" if "on queue" in fragment else 'on queue: maildir("Maildir")\n'
    return f"{gate}{delivery}{fragment}"


def examples_of(doc: str) -> str:
    """The rules under `Examples:` of a function's docstring, which make one file together."""
    match = re.search(r"^Examples:\n((?:[ \t]+.*\n?|\n)+)", doc + "\n", re.MULTILINE)
    return textwrap.dedent(match[1]).strip() + "\n" if match else ""


def codes(outcome: Compiled, *severities: str) -> list[str]:
    """The codes of the findings of these severities, in the order of the text."""
    return [f.code for f in outcome.findings.sorted() if f.severity in severities]


def told(outcome: Compiled) -> str:
    """The findings in one text, for messages."""
    return "\n".join(f"{f.line}:{f.column} {f.code} {f.severity}: {f.message}" for f in outcome.findings.sorted())
