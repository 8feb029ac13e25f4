"""What ships and what people copy from is clean: every policy, every example, as it lies in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.checkout import ROOT, shown
from qpsmtpd.dsl.compile import checked_rules
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.runtime.service.library import library, surroundings

_FILES = [*sorted((ROOT / "rules").rglob("*.q")), *sorted((ROOT / "examples").rglob("*.q"))]


@pytest.mark.parametrize("path", [pytest.param(path, id=shown(path)) for path in _FILES])
def test_a_shipped_file_has_no_error_and_no_warning(path: Path) -> None:
    rules, findings = checked_rules(str(path), library(), lambda name: Path(name).read_bytes(), around=surroundings())
    counts = findings.counts()
    assert rules is not None
    assert counts["error"] == counts["warning"] == 0, render_text(findings)


def test_a_shipped_policy_stands_in_a_file_of_its_name_and_says_what_it_does() -> None:
    for path in sorted((ROOT / "rules").rglob("*.q")):
        rules, _ = checked_rules(str(path), library(), lambda name: Path(name).read_bytes(), around=surroundings())
        assert rules is not None
        policies = [each for each in rules.statements if type(each).__name__ == "Policy"]
        assert [each.name.text for each in policies] in ([], [path.stem])
        assert all(each.doc is not None for each in policies)
