"""A page of rules with every construct of the language, over functions that its own Python file declares."""

from __future__ import annotations

from pathlib import Path

from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.compile import checked_rules
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.dsl.emit.emit import emit, python_of
from qpsmtpd.runtime.service.library import library, surroundings

PAGE = Path(__file__).parent / "second_page"


def _checked() -> tuple[TypedRules, Findings]:
    rules, findings = checked_rules(str(PAGE / "rules.q"), library(), lambda name: Path(name).read_bytes(), around=surroundings())
    assert rules is not None
    return rules, findings


def test_the_page_is_clean():
    rules, findings = _checked()
    assert findings.counts()["error"] == findings.counts()["warning"] == 0, render_text(findings)
    assert emit(rules).listeners


def test_its_python_is_as_it_was():
    assert python_of(_checked()[0]) == (PAGE / "rules.py.txt").read_text("utf-8")


def test_the_same_text_gives_the_same_python_to_the_byte():
    assert python_of(_checked()[0]) == python_of(_checked()[0])
