"""A page of rules with every construct of the language, over functions that its own Python file declares."""

from __future__ import annotations

from pathlib import Path

from qpsmtpd.dsl.compile import Compiled, compile_rules
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.runtime.service.library import library, surroundings

PAGE = Path(__file__).parent / "second_page"


def _compiled() -> Compiled:
    return compile_rules(str(PAGE / "rules.q"), library(), lambda name: Path(name).read_bytes(), around=surroundings())


def test_the_page_is_clean():
    made = _compiled()
    assert made.findings.counts()["error"] == made.findings.counts()["warning"] == 0, render_text(made.findings)


def test_its_python_is_as_it_was():
    made = _compiled()
    assert made.program is not None
    assert made.program.python == (PAGE / "rules.py.txt").read_text("utf-8")


def test_the_same_text_gives_the_same_python_to_the_byte():
    first, second = _compiled(), _compiled()
    assert first.program is not None and second.program is not None
    assert first.program.python == second.program.python
