"""A finding: one thing that is wrong with the rules, as a value. Checks collect findings and never raise them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.diagnostics.allow import Allow, covering
from qpsmtpd.dsl.diagnostics.codes import codes, severity
from qpsmtpd.dsl.diagnostics.fix import Fix
from qpsmtpd.dsl.syntax.tree import Span

UNUSED = "Q606"
"""The code of findings about allow comments themselves."""

NEVER_SILENT = "Q111"
"""The code of comments that would silence what is never silent. Nothing else is misunderstood because of them."""


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that belongs to a finding: a step of the path, the earlier definition."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong, where, why, and what to write instead.

    `message` says what, in the operator's words; `why` the reason or the rule; `allowed` what is possible here;
    `help` what to write instead. `notes` are further places; `fix` mends it, where one repair is surely meant. Severity
    follows from the code. The same thing said of the same place is one finding, however many ways lead there.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    message: str
    why: str = field(default="", compare=False)
    allowed: str = field(default="", compare=False)
    help: str = field(default="", compare=False)
    notes: tuple[Note, ...] = field(default=(), compare=False)
    fix: Fix | None = field(default=None, compare=False)

    @property
    def severity(self) -> str:
        """`error`, `warning` or `note`."""
        return severity(self.code)

    @property
    def title(self) -> str:
        """What all findings of this code have in common."""
        return codes()[self.code].title

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Reason, what is allowed and what to write, each with its label, as far as there is something to say."""
        said = (("why", self.why), ("allowed", self.allowed), ("help", self.help))
        return tuple((label, text) for label, text in said if text)

    @property
    def span(self) -> Span:
        return Span(self.file, self.line, self.column, self.end_line, self.end_column)


class Findings:
    """The findings of one run; the only thing the stages of the compiler share, and they only add to it."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self._silenced: dict[Finding, Allow] = {}
        self._allows: dict[Allow, None] = {}
        self._covered: dict[tuple[str, str, int], Allow] = {}
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
        fix: Fix | None = None,
    ) -> None:
        """Adds a finding, unless a comment silences it; the same one twice is one."""
        place = (span.file, span.line, span.column, span.end_line, span.end_column)
        self._enter(Finding(*place, code, message, why, allowed, help, tuple(notes), fix))

    def _enter(self, finding: Finding) -> None:
        allow = self.allowed(finding.code, finding.span)
        if allow is None:
            self._found.setdefault(finding)
        else:
            self._silenced.setdefault(finding, allow)

    def apart(self) -> Findings:
        """Findings of their own, still empty, for which the same comments count."""
        other = Findings()
        other._covered = self._covered
        return other

    def take(self, other: Findings) -> None:
        """Adds what was found apart, silenced or not."""
        for finding in (*other._found, *other._silenced):
            self._enter(finding)

    @classmethod
    def merged(cls, runs: Iterable[Findings]) -> Findings:
        """The findings of several runs as those of one. What silences something in one run is not useless in another."""
        all = cls()
        for run in runs:
            all._found |= run._found
            all._silenced |= run._silenced
            all.sources |= run.sources
        used = {allow.span for allow in all._silenced.values()}
        all._found = {finding: None for finding in all._found if finding.code != UNUSED or finding.span not in used}
        return all

    def allow(self, allow: Allow) -> None:
        """Silences what is found from here on where a comment allows it."""
        self._allows.setdefault(allow)
        for place in allow.covered:
            self._covered.setdefault(place, allow)

    def allowed(self, code: str, span: Span) -> Allow | None:
        """What silences a finding of that code there; None when nothing does."""
        return next((self._covered[place] for place in covering(code, span) if place in self._covered), None)

    def unused_allows(self) -> list[Allow]:
        """The allows that have silenced nothing yet, in the order in which they were read."""
        used = set(self._silenced.values())
        return [allow for allow in self._allows if allow not in used]

    @property
    def silenced(self) -> Sequence[tuple[Finding, Allow]]:
        """By file, line and column: what comments have silenced. It counts nowhere."""
        return sorted(self._silenced.items(), key=lambda item: item[0])

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
