"""What each code's bad example is told, as an operator reads it. To write the files again after a change of words:
`python tests/dsl/diagnostics/test_golden_findings.py`, with the source folders and `tests` on the path; then read them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.rules_text import FILES, FOLDER, compiled
from qpsmtpd.dsl.diagnostics.codes import Code, codes
from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.diagnostics.pages import examples
from qpsmtpd.dsl.diagnostics.render import render_text

GOLDEN = Path(__file__).parent / "golden" / "findings"
CODES = [code for code in codes().values() if examples(code.page).avoid]


def told(code: Code) -> str:
    """The findings of that code in its bad example."""
    example = examples(code.page)
    outcome = compiled(example.avoid, {**FILES, **example.files})
    return render_text(_only(code.name, outcome.findings)).replace(f"{FOLDER}/", "")


def _only(name: str, found: Findings) -> Findings:
    one = Findings()
    one.sources = found.sources
    for finding in found.sorted():
        if finding.code == name:
            _add(finding, one)
    return one


def _add(finding: Finding, to: Findings) -> None:
    parts = {"why": finding.why, "allowed": finding.allowed, "help": finding.help}
    to.add(finding.code, finding.span, finding.message, notes=finding.notes, **parts)


@pytest.mark.parametrize("code", [pytest.param(code, id=code.name) for code in CODES])
def test_the_bad_example_of_a_code_is_told_in_words_that_have_been_read(code):
    assert told(code) == (GOLDEN / f"{code.name}.txt").read_text("utf-8")


def test_no_words_are_kept_of_a_code_that_is_gone():
    assert {path.stem for path in GOLDEN.iterdir()} == {code.name for code in CODES}


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for each in CODES:
        (GOLDEN / f"{each.name}.txt").write_text(told(each), "utf-8")
