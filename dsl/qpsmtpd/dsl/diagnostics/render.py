"""How findings are shown: as text for people, as JSON for programs.

A finding has five parts: where and what, the line with its caret, why, what is allowed, what to write instead. The
order is that of the findings; nothing is wrapped, so that a search in the output finds whole sentences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from qpsmtpd.dsl.diagnostics.excerpt import excerpt, visible
from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.diagnostics.fix import Edit
from qpsmtpd.dsl.syntax.tree import Span

_PAINT = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m", "bold": "\x1b[1m", "dim": "\x1b[2m"}
_PLAIN = "\x1b[0m"


class _Pen:
    """Writes in colour, or does not."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, paint: str, text: str) -> str:
        return f"{_PAINT[paint]}{text}{_PLAIN}" if self._colour else text


def render_text(findings: Findings, *, colour: bool = False) -> str:
    """Every finding with its line and remedy, then a line that counts them. Ends with a newline."""
    pen = _Pen(colour)
    lines: list[str] = []
    for finding in findings.sorted():
        lines += _finding(finding, findings, pen)
        lines.append("")
    return "\n".join((*lines, summary(findings))) + "\n"


def summary(findings: Findings) -> str:
    """`2 errors, 1 warning`; notes are counted when there are some."""
    counts = findings.counts()
    words = [_counted(counts["error"], "error"), _counted(counts["warning"], "warning")]
    if counts["note"]:
        words.append(_counted(counts["note"], "note"))
    return ", ".join(words)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _finding(finding: Finding, findings: Findings, pen: _Pen) -> Iterator[str]:
    place = f"{visible(finding.file)}:{finding.line}:{finding.column}:"
    head = pen(finding.severity, f"{finding.severity}[{finding.code}]")
    yield f"{pen('bold', place)} {head} {pen('bold', visible(finding.message))}"
    yield from _place(finding.span, findings, pen, finding.severity)
    for label, text in finding.parts:
        yield from _part(label, text, pen)
    for note in finding.notes:
        where = f"{visible(note.span.file)}:{note.span.line}:{note.span.column}"
        yield from _part("note", f"{where}: {note.text}", pen)
        yield from _place(note.span, findings, pen, "note")


def _part(label: str, text: str, pen: _Pen) -> Iterator[str]:
    """`  why: …`; further lines of a text stand below its first."""
    first, *rest = text.split("\n")
    yield f"{pen('bold', f'{label:>9}:')} {visible(first)}"
    for line in rest:
        yield " " * 11 + visible(line)


def _place(span: Span, findings: Findings, pen: _Pen, severity: str) -> Iterator[str]:
    shown = excerpt(span, findings.sources.get(span.file, ()))
    if shown is not None:
        number, line, mark = shown
        yield f"{pen('dim', f'{number:>6} |')} {line}".rstrip()
        yield f"{pen('dim', '       |')} {pen(severity, mark)}"


def render_json(findings: Findings) -> str:
    """A list with one object a finding, in the order of the text form."""
    return json.dumps([_object(finding) for finding in findings.sorted()], indent=2, ensure_ascii=True) + "\n"


def _object(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "why": finding.why,
        "allowed": finding.allowed,
        "help": finding.help,
        "fix": None if finding.fix is None else [_edit(edit) for edit in finding.fix.edits],
        "notes": [{"file": n.span.file, "line": n.span.line, "column": n.span.column, "text": n.text} for n in finding.notes],
    }


def _edit(edit: Edit) -> dict[str, object]:
    span = edit.span
    place = {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}
    return {"file": span.file, **place, "text": edit.text}
