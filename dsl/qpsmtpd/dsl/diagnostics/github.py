"""How findings are shown as annotations of a GitHub workflow: one command a finding, then the line that counts them.

A workflow command ends with its line, so everything that could end it or one of its properties is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.diagnostics.excerpt import visible
from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.diagnostics.places import relative
from qpsmtpd.dsl.diagnostics.render import summary

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(findings: Findings, *, base: str) -> str:
    """A workflow command for each finding; paths are relative to `base`. Ends with a newline."""
    commands = (_command(finding, base) for finding in findings.sorted())
    return "\n".join((*commands, summary(findings))) + "\n"


def _command(finding: Finding, base: str) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(finding, base))
    said = [finding.message, *(f"{label}: {text}" for label, text in finding.parts)]
    text = "\n".join(visible(line) for part in said for line in part.split("\n"))
    return f"::{_COMMANDS[finding.severity]} {properties}::{_escaped(text)}"


def _properties(finding: Finding, base: str) -> Iterator[tuple[str, str]]:
    yield "file", relative(finding.file, base)
    yield "line", str(finding.line)
    yield "endLine", str(finding.end_line)
    if finding.line == finding.end_line:  # columns of a place over several lines are not understood
        yield "col", str(finding.column)
        yield "endColumn", str(finding.end_column)
    yield "title", f"{finding.code} {finding.title}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
