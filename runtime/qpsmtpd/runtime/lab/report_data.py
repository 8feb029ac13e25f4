"""The outcome of tests for programs: JSON, and the JUnit form that CI systems read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.explain import Explanation, explanation
from qpsmtpd.runtime.lab.report_text import aligned, placed, spoken
from qpsmtpd.runtime.lab.suite import Report
from qpsmtpd.runtime.lab.trial_run import Outcome


def data_of(reports: Sequence[Report]) -> dict[str, Any]:
    """The whole report as plain values."""
    total = sum(len(report.outcomes) for report in reports)
    failed = sum(report.failed for report in reports)
    return {
        "passed": total - failed,
        "failed": failed,
        "not_selected": sum(report.left_out for report in reports),
        "refused": [str(report.path) for report in reports if report.bench is None],
        "tests": [_test(o, r.bench, r) for r in reports if r.bench is not None for o in r.outcomes],
    }


def _test(outcome: Outcome, bench: Bench, report: Report) -> dict[str, Any]:
    span = outcome.trial.span
    good = outcome.failure is None
    told = {"name": outcome.trial.name, "rules": str(report.path), "file": span.file, "line": span.line}
    return {**told, "outcome": "passed" if good else "failed", "failure": None if good else _failure(outcome, bench)}


def _failure(outcome: Outcome, bench: Bench) -> dict[str, Any]:
    why = explanation(outcome, bench)
    assert outcome.failure is not None
    return {
        "kind": outcome.failure.kind,
        "message": why.message,
        **_place(why.span),
        "wanted": why.wanted,
        "got": why.got,
        "rule": why.rule,
        "rule_at": _place(why.place) if why.place is not None else None,
        "read": [{"source": source, "value": value} for source, value in why.values],
        "trouble": list(why.trouble),
        "dialogue": [{"who": said.who, "text": said.text} for said in why.dialogue],
        "help": why.help,
    }


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}


def junit_of(reports: Sequence[Report]) -> str:
    """The report as JUnit XML: a suite a rules file."""
    root = ElementTree.Element("testsuites", name="qpsmtpd test")
    for report in reports:
        failed = str(report.failed)
        refused = str(int(report.bench is None))
        suite = ElementTree.SubElement(
            root, "testsuite", name=str(report.path), tests=str(len(report.outcomes)), failures=failed, errors=refused
        )
        for outcome in report.outcomes:
            span = outcome.trial.span
            case = ElementTree.SubElement(
                suite, "testcase", classname=str(report.path), name=outcome.trial.name, file=span.file, line=str(span.line)
            )
            if outcome.failure is not None and report.bench is not None:
                why = explanation(outcome, report.bench)
                failure = ElementTree.SubElement(case, "failure", type=outcome.failure.kind, message=why.message)
                failure.text = _in_words(why)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _in_words(why: Explanation) -> str:
    lines = [f"{why.span.file}:{why.span.line}: {why.message}"]
    lines += [f"{label}: {text}" for label, text in (("wanted", why.wanted), ("got", why.got)) if text]
    lines += [f"by: {placed(why)}"] if why.rule else []
    lines += ["read:", *aligned(why.values)] if why.values else []
    lines += ["dialogue:", *map(spoken, why.dialogue)]
    text = "\n".join([*lines, why.help] if why.help else lines)
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)  # XML 1.0 has no control characters
