"""How findings are shown in the Static Analysis Results Interchange Format, SARIF 2.1.0, for code scanning services and editors.

One run: the codes that occur as its rules, each with its page; a result for each finding, with its other places, its fix,
and, where a comment silences it, the suppression. Columns count characters (Unicode code points), as everywhere here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from qpsmtpd.dsl.diagnostics.allow import Allow
from qpsmtpd.dsl.diagnostics.codes import Code, codes
from qpsmtpd.dsl.diagnostics.explain import plain
from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.diagnostics.fix import Fix, described
from qpsmtpd.dsl.diagnostics.pages import sections
from qpsmtpd.dsl.diagnostics.places import uri
from qpsmtpd.dsl.syntax.tree import Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_Object = dict[str, Any]


def render_sarif(findings: Findings, *, base: str, version: str, complete: bool = True) -> str:
    """A log file with one run; paths are relative to `base`, `complete` says that everything could be checked."""
    results: list[tuple[Finding, Allow | None]] = [(finding, None) for finding in findings.sorted()]
    results = sorted([*results, *findings.silenced], key=lambda result: result[0])
    rules = [codes()[name] for name in sorted({finding.code for finding, _ in results})]
    driver = {"name": "qpsmtpd", "version": version, "rules": [_rule(code) for code in rules]}
    log = _Log(findings, base, {code.name: index for index, code in enumerate(rules)})
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": complete}],
        "defaultEncoding": "utf-8",
        "columnKind": "unicodeCodePoints",
        "results": [log.result(finding, allow) for finding, allow in results],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: Code) -> _Object:
    what = sections(code.page).get("What", code.title).strip()
    return {
        "id": code.name,
        "shortDescription": _message(code.title),
        "fullDescription": _message(" ".join(what.split("\n\n")[0].split())),
        "help": {**_message(plain(code.page)), "markdown": _literal(code.page)},
        "defaultConfiguration": {"level": code.severity},
    }


def _message(text: str) -> _Object:
    return {"text": _literal(text)}


def _literal(text: str) -> str:
    """A text in which braces are no placeholders (SARIF section 3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")


class _Log:
    """What all results of a run share."""

    def __init__(self, findings: Findings, base: str, rules: dict[str, int]) -> None:
        self._sources = findings.sources
        self._base = base
        self._rules = rules

    def result(self, finding: Finding, allow: Allow | None) -> _Object:
        said = [finding.message, *(f"{label}: {text}" for label, text in finding.parts)]
        made: _Object = {
            "ruleId": finding.code,
            "ruleIndex": self._rules[finding.code],
            "level": finding.severity,
            "message": _message("\n".join(said)),
            "locations": [{"physicalLocation": self._place(finding.span)}],
            "suppressions": [] if allow is None else [{"kind": "inSource", "justification": allow.reason}],
        }
        if finding.notes:
            made["relatedLocations"] = [
                {"id": number, "message": _message(note.text), "physicalLocation": self._place(note.span)}
                for number, note in enumerate(finding.notes, 1)
            ]
        if finding.fix is not None:
            made["fixes"] = [self._fix(finding.fix, self._sources.get(finding.file, ()))]
        return made

    def _place(self, span: Span) -> _Object:
        return {"artifactLocation": self._artifact(span.file), "region": _region(span)}

    def _artifact(self, name: str) -> _Object:
        return {"uri": uri(name, self._base)}

    def _fix(self, fix: Fix, lines: Sequence[str]) -> _Object:
        files = dict.fromkeys(edit.span.file for edit in fix.edits)
        changes = [
            {
                "artifactLocation": self._artifact(name),
                "replacements": [
                    {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                    if edit.span.file == name
                ],
            }
            for name in files
        ]
        return {"description": _message(described(fix, lines)), "artifactChanges": changes}


def _region(span: Span) -> _Object:
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
