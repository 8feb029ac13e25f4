"""Makes a rules file ready for the lab: read, checked and compiled as the service does it, and watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qpsmtpd.dsl.check.trials import Trial
from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.compile import compile_rules
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Catalogue, Function
from qpsmtpd.dsl.model.program import HookCode, ListenerProgram, Program
from qpsmtpd.dsl.plan.traced import EXPECTATIONS, Mark, Watched, traced
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.service.library import surroundings


@dataclass(frozen=True, slots=True)
class Bench:
    """Rules that tell what they do, and their tests. `sources` are the lines of each file."""

    path: str
    catalogue: Catalogue
    program: Program
    rules: TypedRules
    """As they were checked, before anything was put in that tells."""
    marks: tuple[Mark, ...]
    expectations: Mapping[int, HookCode]
    """What each `expect` of a test asks, by the step's identity."""
    alone: Mapping[int, str]
    """The listener of each test of policies alone, by the test's identity."""
    sources: Mapping[str, Sequence[str]]
    folder: str
    """Where the shipped rules are."""

    @property
    def trials(self) -> tuple[Trial, ...]:
        return self.rules.trials

    @property
    def listeners(self) -> list[str]:
        """The names of the rules' own listeners."""
        return [listener.name for listener in self.rules.listeners]

    def listener(self, name: str) -> ListenerProgram:
        """The rules of a listener; of the first one when the name is empty."""
        return next(each for each in self.program.listeners if each.name == name or not name)

    def shipped(self, span: Span) -> bool:
        """True for lines of the rules that come with the product, unless they are the rules themselves."""
        return span.file != self.path and bool(self.folder) and span.file.startswith(f"{self.folder}/")

    def source(self, span: Span) -> str:
        """What the rules say at a place, in one line."""
        lines = self.sources.get(span.file, ())
        if not 1 <= span.line <= len(lines):
            return ""
        line = lines[span.line - 1]
        return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None].strip()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The outcome: `bench` is None when a finding refuses the rules or their tests."""

    bench: Bench | None
    findings: Findings


def prepare(
    path: Path,
    catalogue: Catalogue,
    stand_in: Callable[[Function], Function],
    tests: Sequence[Path] | None = (),
    *,
    read: Callable[[str], bytes],
) -> Prepared:
    """Reads rules and their tests (with None no test); `stand_in` says what is called instead of each function."""
    seen: list[tuple[TypedRules, Watched]] = []

    def watch(rules: TypedRules) -> TypedRules:
        seen.append((rules, traced(rules, stand_in)))
        return seen[0][1].rules

    named = None if tests is None else [str(test) for test in tests]
    around = surroundings()
    compiled = compile_rules(str(path), catalogue, read, around=around, tests=named, watch=watch)
    if compiled.program is None:
        return Prepared(None, compiled.findings)
    (rules, watched), program = seen[0], compiled.program
    hooks = next(each.hooks for each in program.listeners if each.name == EXPECTATIONS)
    asked = {id(expect): hooks[hook] for expect, hook in watched.expectations}
    alone = {id(trial): name for trial, name in watched.alone}
    made = Bench(str(path), catalogue, program, rules, watched.marks, asked, alone, compiled.findings.sources, around.shipped)
    return Prepared(made, compiled.findings)
