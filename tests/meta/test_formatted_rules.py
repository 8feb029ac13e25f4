"""Rules that people read are formatted: `qpsmtpd fmt` would change nothing in the repository."""

from __future__ import annotations

import pytest

from meta.every_rules_text import RulesText, every_rules_text
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.format import formatted

_TEXTS = list(every_rules_text())
_MISTAKEN = ("tests/dsl/", "dsl/qpsmtpd/dsl/diagnostics/pages/Q1", "README.md:", "docs/")
"""Where rules may stand that do not parse, because they show what is wrong with such a text."""


@pytest.mark.parametrize("rules", [pytest.param(rules, id=rules.place) for rules in _TEXTS])
def test_rules_in_the_repository_are_formatted(rules: RulesText) -> None:
    findings = Findings()
    assert formatted(rules.text, rules.place, findings) == rules.text
    assert rules.place.startswith(_MISTAKEN) or not findings.errors


def test_the_places_where_rules_stand_are_found() -> None:
    places = {rules.place.partition(":")[0] for rules in _TEXTS}
    assert places >= {"rules/quickstart.q", "examples/small-site/rules.q", "README.md", "docs/language.md", "maildir()"}
    assert "dsl/qpsmtpd/dsl/diagnostics/pages/Q501.md" in places
