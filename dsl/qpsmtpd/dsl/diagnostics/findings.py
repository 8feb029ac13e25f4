"""A finding: one thing that is wrong with the rules, as a value. Checks collect findings and never raise them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.diagnostics.codes import severity
from qpsmtpd.dsl.syntax.tree import Span


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that belongs to a finding: a step of the path, the earlier definition."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong, where, why, and what to write instead.

    `message` says what, in the operator's words; `why` the reason or the rule; `allowed` what is possible here;
    `help` what to write instead. `notes` are further places. Severity follows from the code.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    message: str
    why: str = ""
    allowed: str = ""
    help: str = ""
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def severity(self) -> str:
        """`error`, `warning` or `note`."""
        return severity(self.code)

    @property
    def span(self) -> Span:
        return Span(self.file, self.line, self.column, self.end_line, self.end_column)


class Findings:
    """The findings of one run; the only thing the stages of the compiler share, and they only add to it."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self.sources: dict[str, Sequence[str]] = {}
        """The lines of each file read, for carets."""

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        why: str = "",
        allowed: str = "",
        help: str = "",
        notes: Sequence[Note] = (),
    ) -> None:
        """Adds a finding; the same one twice is one."""
        finding = Finding(
            span.file,
            span.line,
            span.column,
            span.end_line,
            span.end_column,
            code,
            message,
            why,
            allowed,
            help,
            tuple(notes),
        )
        self._found.setdefault(finding)

    def take(self, others: Findings) -> None:
        """Adds all findings of others."""
        for finding in others._found:
            self._found.setdefault(finding)

    def sorted(self) -> list[Finding]:
        """By file, line and column."""
        return sorted(self._found)

    @property
    def errors(self) -> bool:
        """True when some finding refuses the rules."""
        return any(f.severity == "error" for f in self._found)

    def counts(self) -> Mapping[str, int]:
        """How many of each severity."""
        totals = {"error": 0, "warning": 0, "note": 0}
        for finding in self._found:
            totals[finding.severity] += 1
        return totals
