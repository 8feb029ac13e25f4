"""A rules file becomes a Program: the stages in order, on one screen.

read and parse → names, hooks, types, tests → safety → lint → (for the lab: traced) → emit. The stages share nothing but the findings, which they
only add to. Nothing is opened here: `read` is the caller's.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qpsmtpd.dsl.check.check import check
from qpsmtpd.dsl.check.surroundings import Surroundings
from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.diagnostics.allow_comments import report_unused
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.lint import lint
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.dsl.model.program import Program
from qpsmtpd.dsl.proof import prove
from qpsmtpd.dsl.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome: `program` is None when a finding refuses the rules."""

    program: Program | None
    findings: Findings


def compile_rules(
    path: str,
    catalogue: Catalogue,
    read: Callable[[str], bytes],
    folder: str | None = None,
    *,
    around: Surroundings | None = None,
    tests: Sequence[str] | None = None,
    watch: Callable[[TypedRules], TypedRules] | None = None,
) -> Compiled:
    """Compiles the rules file `path`.

    `read` gets absolute or `path`-relative file names and returns their octets, or raises OSError. `folder` is where
    relative paths of the main file lead; by default the folder that holds it. Without `around` there are no shipped
    rules, no patterns of file names and no functions of one's own. `tests` are files of tests to check besides those
    beside the rules; with None no test is looked at. `watch` may change the checked rules before they are emitted.
    """
    rules, findings = checked_rules(path, catalogue, read, folder, around=around, tests=tests)
    program = None
    if rules is not None:
        with _contained(path, findings):
            program = _emitted(rules, watch, findings)
    return Compiled(program, findings)


def checked_rules(
    path: str,
    catalogue: Catalogue,
    read: Callable[[str], bytes],
    folder: str | None = None,
    *,
    around: Surroundings | None = None,
    tests: Sequence[str] | None = None,
) -> tuple[TypedRules | None, Findings]:
    """The rules as the checker understands them, and all that it found: everything but the last stage. See `compile_rules`."""
    findings = Findings()
    home = folder if folder is not None else str(Path(path).absolute().parent)
    rules = None
    with _contained(path, findings):
        rules = check(path, catalogue=catalogue, read=read, findings=findings, folder=home, around=around, tests=tests)
        if rules is not None:
            prove(rules, findings)
            lint(rules, findings)
            report_unused(findings)
    return rules, findings


@contextmanager
def _contained(path: str, findings: Findings) -> Iterator[None]:
    """Whatever goes wrong inside of a stage becomes a finding."""
    try:
        with _no_collector():
            yield
    except RecursionError:
        findings.add(
            "Q213",
            Span(path, 1, 1, 1, 1),
            "blocks, brackets and defines of these rules stand too deep inside of one another to be compiled",
            help="take the deepest of them apart",
        )
    except Exception:  # noqa: BLE001 - a bug of ours: the operator gets a finding, the report its traceback, and old rules stay
        findings.add(
            "Q901",
            Span(path, 1, 1, 1, 1),
            "qpsmtpd itself stopped on these rules; this is not your mistake",
            why=traceback.format_exc().rstrip(),
            help="please report it with these lines and the rules file",
        )


@contextmanager
def _no_collector() -> Iterator[None]:
    """Trees are made and kept here, hardly any garbage: looking for it again and again takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _emitted(rules: TypedRules, watch: Callable[[TypedRules], TypedRules] | None, findings: Findings) -> Program | None:
    if findings.errors:
        return None
    from qpsmtpd.dsl.emit.emit import emit  # what only a clean file needs is not loaded for a faulty one

    return emit(rules if watch is None else watch(rules))
