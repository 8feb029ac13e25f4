"""Whatever a file holds, reading it ends, raises nothing, and says where each mistake is."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.render import render_json, render_text
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.text import decode
from qpsmtpd.dsl.syntax.tree import File

WHOLE = (Path(__file__).parent / "files" / "example_page.q").read_text("utf-8")
LINES = WHOLE.split("\n")
VOCABULARY = r"""
on rcpt if unless elif else unknown match case let deny 550 5.7.1 accept pass skip and or not in matches at by as per before
( ) [ ] { } : , . = == -> <> @ / + - " \"\"\" ' ; && ! \ # {{ "text" 1h30m 25MB 300/1h 10.0.0.0/8 ::1 /x/i 5.
relay rcpthosts(domain) server listener policy apply shadow test given expect end
"""
WORDS = [*VOCABULARY.split(), *["\t", "\n", "\n\n", "\n    ", "\n        ", "\n\t", "    ", " "] * 2]


def read(text: str) -> tuple[File, Findings]:
    """The tree and the findings, after checking what holds for every text."""
    findings = Findings()
    file = parse(text, "rules.q", findings)
    for finding in findings.sorted():
        assert 1 <= finding.line <= max(len(file.lines), 1)
        assert 1 <= finding.column <= len(file.lines[finding.line - 1]) + 2 if file.lines else True
        assert (finding.end_line, finding.end_column) >= (finding.line, finding.column)
    assert render_text(findings).endswith("\n")
    assert render_json(findings).startswith("[")
    return file, findings


@settings(deadline=2000, max_examples=300)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    file, _ = read(text)
    assert file.name == "rules.q"


@settings(deadline=2000, max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_no_words_are_lost_without_a_finding(words: list[str]) -> None:
    text = " ".join(words)
    file, findings = read(text)
    assert file.statements or file.ended or findings.sorted() or "#" in text or not text.split()


@settings(deadline=4000, max_examples=60)
@given(st.integers(0, 2**32))
def test_a_good_file_with_a_few_changes_can_be_read(seed: int) -> None:
    chance = random.Random(seed)
    text = WHOLE
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice([*WORDS, ""]) + text[at + chance.randint(0, 5) :]
    file, _ = read(text)
    assert len(file.lines) > 0


@settings(deadline=2000, max_examples=150)
@given(st.binary(max_size=200))
def test_any_octets_can_be_read(data: bytes) -> None:
    findings = Findings()
    text = decode(data, "rules.q", findings)
    assert isinstance(text, str)
    read(text)


@settings(deadline=2000, max_examples=100)
@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1))
def test_any_part_of_a_good_file_can_be_read(one: int, other: int) -> None:
    read("\n".join(LINES[min(one, other) : max(one, other)]))
    file, _ = read("\n".join(LINES[:one]))
    assert len(file.lines) <= one


@pytest.mark.parametrize(
    "text",
    [
        "(\n" * 5000,
        "if x:\n    deny (\n" * 3000,
        "".join(f"{' ' * i}if x:\n" for i in range(300)),
        "on rcpt:\n" + "    denny now because 5 + ) of it\n" * 5000,
        "let x = " + "(" * 5000,
        "let x = " + "a ?? " * 5000 + "b\n",
        "let x = " + "not " * 5000 + "b\n",
        "let x = a" + ".b" * 5000 + "\n",
        "on rcpt:\n    if a:\n        deny\n" + "    elif b:\n        deny\n" * 3000,
        '"""' * 5001,
        '"\n' * 5000,
        "'" * 20000,
        "let x = [" + '"a",\n' * 20000,
        "@x\n" * 5000,
        "a = " * 5000,
        "\\\n" * 5000,
        "x or\n" * 5000,
        "end\n" * 5000,
    ],
    ids=range(18),
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    findings = Findings()
    parse(text, "rules.q", findings)
    assert time.process_time() - begun < 15
    assert findings.errors
