"""Every mistake of a file is found in one run, and none is reported twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsed_rules import clean, read
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.text import decode

WHOLE = (Path(__file__).parent / "files" / "example_page.q").read_text("utf-8")
LINES = WHOLE.rstrip("\n").split("\n")


def _places(text: str) -> list[tuple[int, int, str]]:
    return [(f.line, f.column, f.code) for f in read(text)[1]]


@pytest.mark.parametrize("number", range(0, len(LINES), 3))
def test_a_broken_line_more_loses_nothing_and_is_the_only_finding(number: int) -> None:
    following = next(line for line in LINES[number:] if line)
    blanks = len(following) - len(following.lstrip())
    changed = [*LINES[:number], " " * blanks + "? = nonsense", *LINES[number:]]
    file, findings = read("\n".join(changed))
    assert [f.line for f in findings] == [number + 1]
    assert len(file.statements) == len(clean(WHOLE).statements)


def test_a_refused_header_leaves_its_block_readable() -> None:
    text = "on rcpt ! at:\n    deny deny\n    if a ?? :\n        defer defer\nserver ? x:\n    a = b = c\n"
    assert [line for line, _, _ in _places(text)] == [1, 2, 3, 4, 5, 6]


def test_a_block_of_unknown_kind_gives_no_findings_of_its_own() -> None:
    assert _places("qwertz asdf:\n    yxcv bnm\n    more ! or\non connect: pass\n") == [(1, 1, "Q101")]


def test_a_block_below_a_line_that_ends_a_hook_is_no_part_of_it() -> None:
    assert _places("on connect: deny\nmatch x:\n    case a: deny\nlet y = 1 1\n") == [(2, 1, "Q101"), (4, 11, "Q101")]


def test_what_is_whole_is_kept() -> None:
    file, _ = read('let a = 5 5\nlet b = 6\non connect:\n    deny deny deny 5\n    pass\nuse "x.q"\n')
    assert [type(s).__name__ for s in file.statements] == ["Let", "On", "Use"]
    (on,) = [s for s in file.statements if isinstance(s, tree.On)]
    assert len(on.body) == 1


def test_an_unclosed_bracket_is_reported_where_it_opens_and_swallows_nothing() -> None:
    text = 'let nets = [\n    "a",\n    "b"\non connect:\n    if f(a:\n        deny\n    defer\nlet y = [1\nlet z = 2\n'
    file, findings = read(text)
    assert [(f.line, f.column, f.code) for f in findings] == [(1, 12, "Q102"), (5, 9, "Q102"), (8, 9, "Q102")]
    assert [type(s).__name__ for s in file.statements] == ["Let", "On", "Let", "Let"]


def test_a_bracket_closed_by_another_kind_is_one_finding_with_both_places() -> None:
    (finding,) = read('let x = f(["a")\n')[1]
    assert (finding.code, finding.column, finding.message) == ("Q102", 11, "`[` is closed by `)`")
    assert finding.notes[0].span.column == 15


def test_an_unclosed_text_ends_with_its_line() -> None:
    assert _places('on connect:\n    deny "No such user\n    defer\n') == [(2, 10, "Q103")]
    assert _places('on connect:\n    deny """No such\n    user or if\n\non rcpt: deny deny\n') == [
        (2, 10, "Q103"),
        (5, 15, "Q101"),
    ]


def test_tabs_are_one_finding() -> None:
    assert _places("on connect:\n\tif a:\n\t\tdeny\n\tpass\n") == [(2, 1, "Q104")]
    assert "2 more lines" in read("on connect:\n\tif a:\n\t\tdeny\n\tpass\n")[1][0].message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("on connect:\n    pass\n      deny\n", 3),
        ("on connect:\n    if a:\n        pass\n      deny\n    deny\n", 4),
        ("  on connect: pass\n", 1),
        ("on connect: pass\n    deny\n", 1),
        ("on connect:\n\nlet a = 5\n", 1),
    ],
)
def test_indentation_that_fits_no_block_is_one_finding(text: str, line: int) -> None:
    assert [(at, code) for at, _, code in _places(text)] == [(line, "Q105")]


def test_what_follows_end_is_reported_once() -> None:
    file, findings = read("on connect: pass\nend\non rcpt: pass\nlet a = 5\n")
    assert [(f.line, f.code) for f in findings] == [(3, "Q109")]
    assert len(file.statements) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5.", "`5.` is no number, duration, size or rate"),
        ("25mb", "`25mb` is no number, duration, size or rate"),
        ("1.5h", "`1.5h` is no number, duration, size or rate"),
        ("5/x", "`5/x` is no rate"),
        ('"\\q"', "`\\q` is no escape"),
        ('"\\u{D800}"', "`\\u{D800}` is no escape"),
        ("/x/g", "`g` is no flag of a pattern"),
        ("1" * 16, f"`{'1' * 16}` is too large"),
    ],
)
def test_a_malformed_literal_is_one_finding_with_its_remedy(text: str, message: str) -> None:
    (finding,) = read(f"let x = {text}\n")[1]
    assert (finding.code, finding.message) == ("Q107", message)
    assert finding.help


def test_an_expression_or_a_chain_of_branches_has_a_limit() -> None:
    (long,) = read("let x = " + "a + " * 200 + "b\n")[1]
    assert long.message == "this expression has more than 80 operators inside of one another"
    assert read("let x = " + "(" * 40 + "a + " * 60 + "b" + ")" * 40 + "\n")[1] != []
    assert read("let x = " + "not (a + b) or (c) and " * 1000 + "b\n")[1] == []
    (many,) = read("on connect:\n    if a:\n        pass\n" + "    elif b:\n        pass\n" * 101)[1]
    assert many.message == "this `if` has more than 100 branches"


def test_octets_that_are_not_utf_8_are_reported_with_their_line() -> None:
    findings = Findings()
    assert decode("\ufeffé\n".encode() + b"ab\xe9c\n", "rules.q", findings) == "é\nab\ufffdc\n"
    (finding,) = findings.sorted()
    assert (finding.code, finding.line, finding.column) == ("Q106", 2, 3)
    assert finding.message == "this is not UTF-8: octet 0xE9"


@pytest.mark.parametrize("character", ["\u00a0", "\u202e", "\u200b", "\x00", "\x1b", "\u2028"])
def test_characters_that_do_not_show_are_refused_wherever_they_stand(character: str) -> None:
    assert _places(f"on connect: deny # {character}\n") == [(1, 20, "Q106")]
    assert _places(f'on connect: deny "{character}"\n') == [(1, 19, "Q106")]


@pytest.mark.parametrize("header", ["match y y:", "match ( :", "server server:", "test x y:"])
@pytest.mark.parametrize("above", ["on rcpt:\n    pass\n\n", "policy p():\n    on rcpt: deny\n    ", "on rcpt: pass\n", ""])
def test_a_header_that_cannot_stand_there_ends_nothing(above: str, header: str) -> None:
    file, findings = read(f"{above}{header}\n        case a: pass\non mail: pass\n")
    assert findings
    assert isinstance(file.statements[-1], tree.On)
