"""Every diagnostic code has a page, and the page's examples show what they say."""

from __future__ import annotations

import re

import pytest

from meta.checkout import ROOT, shown
from meta.markdown_page import Fence, fences_of
from meta.rules_text import FILES, compiled, told
from meta.rules_text import codes as found
from qpsmtpd.dsl.diagnostics.codes import Code, codes

_SECTIONS = ["What", "Why", "Avoid", "Prefer"]
_INTERNAL = "Q901"
"""Our own fault: no rules file gives it, so its page needs no examples."""


def _section(code: Code, title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", code.page, re.MULTILINE | re.DOTALL)
    return match[1].strip() if match else ""


def _example(code: Code, title: str) -> tuple[str, dict[str, str]]:
    """The rules of a section, and the data files that its page gives to both."""
    files = dict(FILES)
    for fence in fences_of(code.page):
        if fence.words[:1] == ["file"]:
            files[fence.words[1]] = fence.text
    return _only(fences_of(_section(code, title))).text, files


def _only(blocks: list[Fence]) -> Fence:
    rules = [block for block in blocks if block.info == "q"]
    assert len(rules) == 1, "one ```q block is wanted"
    return rules[0]


_WITH_EXAMPLES = [pytest.param(code, id=name) for name, code in codes().items() if name != _INTERNAL]


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in codes().items()])
def test_the_page_of_a_code_says_what_and_why_and_shows_both_ways(code):
    titles = re.findall(r"^## (.+)$", code.page, re.MULTILINE)
    assert titles == (_SECTIONS if code.name != _INTERNAL else _SECTIONS[:2])
    assert all(_section(code, title) for title in titles)
    assert code.severity in ("error", "warning", "note")
    assert not code.title.endswith(".")


@pytest.mark.parametrize("code", _WITH_EXAMPLES)
def test_the_bad_example_of_a_code_gives_that_finding(code):
    outcome = compiled(*_example(code, "Avoid"))
    assert code.name in found(outcome, "error", "warning", "note"), told(outcome)
    assert outcome.program is None or code.severity != "error"


@pytest.mark.parametrize("code", _WITH_EXAMPLES)
def test_the_good_example_of_a_code_gives_no_error_and_not_that_finding(code):
    outcome = compiled(*_example(code, "Prefer"))
    assert found(outcome, "error") == [], told(outcome)
    assert code.name not in found(outcome, "warning", "note"), told(outcome)
    assert outcome.program is not None


def test_every_code_in_the_source_has_a_page_and_every_page_is_in_the_source():
    used = {}
    for root in ("dsl", "stdlib"):
        for path in (ROOT / root).rglob("*.py"):
            for name in re.findall(r"[\"'](Q\d{3})[\"']", path.read_text("utf-8")):
                used.setdefault(name, shown(path))
    assert {name: path for name, path in used.items() if name not in codes()} == {}
    assert codes().keys() - used.keys() == set()
