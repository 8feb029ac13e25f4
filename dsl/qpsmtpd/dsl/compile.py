"""A rules file becomes a Program: the stages in order, on one screen.

read and parse → names, hooks, types → safety → lint → emit. The stages share nothing but the findings, which they
only add to. Nothing is opened here: `read` is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qpsmtpd.dsl.check import safety
from qpsmtpd.dsl.check.check import check
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.lint import lint
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.dsl.model.program import Program


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome: `program` is None when a finding refuses the rules."""

    program: Program | None
    findings: Findings


def compile_rules(path: str, catalogue: Catalogue, read: Callable[[str], bytes], folder: str | None = None) -> Compiled:
    """Compiles the rules file `path`.

    `read` gets absolute or `path`-relative file names and returns their octets, or raises OSError. `folder` is where
    relative paths of the main file lead; by default the folder that holds it.
    """
    findings = Findings()
    home = folder if folder is not None else str(Path(path).absolute().parent)
    rules = check(path, catalogue=catalogue, read=read, findings=findings, folder=home)
    if rules is None:
        return Compiled(None, findings)
    safety.prove(rules, findings)
    lint(rules, findings)
    if findings.errors:
        return Compiled(None, findings)
    from qpsmtpd.dsl.emit.emit import emit  # what only a clean file needs is not loaded for a faulty one

    return Compiled(emit(rules), findings)
