"""Every diagnostic code has a page, and the page's examples show what they say."""

from __future__ import annotations

import re

import pytest

from meta.checkout import ROOT, SOURCE_ROOTS, shown
from meta.rules_text import FILES, compiled, completed, told
from meta.rules_text import codes as found
from qpsmtpd.dsl.diagnostics.codes import Code, codes
from qpsmtpd.dsl.diagnostics.pages import examples, sections

_SECTIONS = ["What", "Why", "Avoid", "Prefer"]
_INTERNAL = "Q901"
"""Our own fault: no rules file gives it, so its page needs no examples."""
_TEXT = "Q1"
"""Codes about the text alone: their examples are a few lines without gate and delivery."""


def _files(code: Code) -> dict[str, str]:
    return {**FILES, **examples(code.page).files}


_WITH_EXAMPLES = [pytest.param(code, id=name) for name, code in codes().items() if name != _INTERNAL]


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in codes().items()])
def test_the_page_of_a_code_says_what_and_why_and_shows_both_ways(code):
    titles = list(sections(code.page))
    assert titles == (_SECTIONS if code.name != _INTERNAL else _SECTIONS[:2])
    assert all(text.strip() for text in sections(code.page).values())
    assert code.severity in ("error", "warning", "note")
    assert not code.title.endswith(".")


@pytest.mark.parametrize("code", _WITH_EXAMPLES)
def test_the_bad_example_of_a_code_gives_that_finding(code):
    outcome = compiled(examples(code.page).avoid, _files(code))
    assert code.name in found(outcome, "error", "warning", "note"), told(outcome)
    assert outcome.program is None or code.severity != "error"


@pytest.mark.parametrize("code", _WITH_EXAMPLES)
def test_the_good_example_of_a_code_gives_no_error_and_not_that_finding(code):
    good = examples(code.page).prefer
    assert good
    outcome = compiled(completed(good) if code.name.startswith(_TEXT) else good, _files(code))
    assert found(outcome, "error") == [], told(outcome)
    assert code.name not in found(outcome, "warning", "note"), told(outcome)
    assert outcome.program is not None


def test_every_code_in_the_source_has_a_page_and_every_page_is_in_the_source():
    used = {}
    for root in SOURCE_ROOTS:
        for path in (ROOT / root).rglob("*.py"):
            for name in re.findall(r"[\"'](Q\d{3})[\"']", path.read_text("utf-8")):
                used.setdefault(name, shown(path))
    assert {name: path for name, path in used.items() if name not in codes()} == {}
    assert codes().keys() - used.keys() == set()
