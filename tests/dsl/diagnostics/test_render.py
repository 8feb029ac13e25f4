"""How findings look: the golden files are read by people who never saw the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from counted_calls import calls_of
from qpsmtpd.dsl.diagnostics.excerpt import WIDTH, excerpt, visible
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.render import render_json, render_text, summary
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.tree import Span

GOLDEN = Path(__file__).parent / "golden"


def place(column: int, end: int, line: int = 1) -> Span:
    return Span("rules.q", line, column, line, end)


def found(*lines: str) -> Findings:
    """Findings of every severity, with every part."""
    findings = Findings()
    findings.sources["rules.q"] = lines
    findings.add(
        "Q202",
        place(17, 25),
        "there is no function `rcpthost`",
        why="functions have exact names",
        allowed="the functions of the library\nand those of these rules",
        help="did you mean `rcpthosts`?",
        notes=[Note(place(1, 8), "the hook begins here")],
    )
    findings.add("Q703", Span("rcpthosts", 4, 1, 4, 5), "`a.org` is here twice")
    return findings


def test_the_slips_of_a_beginner_read_well() -> None:
    text = (GOLDEN / "slips.q").read_text("utf-8")
    findings = Findings()
    parse(text, "slips.q", findings)
    assert render_text(findings) == (GOLDEN / "slips.txt").read_text("utf-8")


def test_a_finding_shows_its_five_parts_and_further_places() -> None:
    assert render_text(found("on rcpt: unless rcpthost(domain) deny")) == (
        "rcpthosts:4:1: warning[Q703] `a.org` is here twice\n"
        "\n"
        "rules.q:1:17: error[Q202] there is no function `rcpthost`\n"
        "     1 | on rcpt: unless rcpthost(domain) deny\n"
        "       |                 ^~~~~~~~\n"
        "      why: functions have exact names\n"
        "  allowed: the functions of the library\n"
        "           and those of these rules\n"
        "     help: did you mean `rcpthosts`?\n"
        "     note: rules.q:1:1: the hook begins here\n"
        "     1 | on rcpt: unless rcpthost(domain) deny\n"
        "       | ^~~~~~~\n"
        "\n"
        "1 error, 1 warning\n"
    )


def test_without_findings_only_the_count_is_left() -> None:
    assert render_text(Findings()) == "no errors, no warnings\n"
    assert summary(found()) == "1 error, 1 warning"


def test_colour_changes_nothing_but_colour() -> None:
    findings = found("on rcpt: unless rcpthost(domain) deny")
    coloured = render_text(findings, colour=True)
    assert "\x1b[1;31merror[Q202]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render_text(findings)


def test_json_has_one_object_a_finding_with_the_promised_keys() -> None:
    warning, error = json.loads(render_json(found("on rcpt: unless rcpthost(domain) deny")))
    assert (error["code"], error["severity"], error["file"]) == ("Q202", "error", "rules.q")
    assert (error["line"], error["column"], error["end_line"], error["end_column"]) == (1, 17, 1, 25)
    assert error["help"] == "did you mean `rcpthosts`?"
    assert error["notes"] == [{"file": "rules.q", "line": 1, "column": 1, "text": "the hook begins here"}]
    assert (warning["severity"], warning["help"]) == ("warning", "")
    assert json.loads(render_json(Findings())) == []


def test_a_file_can_do_nothing_to_the_terminal() -> None:
    findings = Findings()
    findings.sources["rules.q"] = ("deny \x1b[2J\u202e\x07",)
    findings.add("Q101", place(6, 8), "`\x1b[2J` cannot stand here")
    shown = render_text(findings)
    assert r"deny \x1b[2J\u{202E}\x07" in shown
    assert r"`\x1b[2J` cannot" in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_the_caret_stands_below_its_character_whatever_its_width() -> None:
    assert excerpt(place(4, 6), ["\tab cd"]) == ("1", "    ab cd", "      ^~")
    assert excerpt(place(4, 5), ["日本 x"]) == ("1", "日本 x", "     ^")
    assert excerpt(place(1, 3), ["日本 x"]) == ("1", "日本 x", "^~~~")


def test_a_long_line_is_cut_around_the_caret() -> None:
    for column in (1, 100, 250, 500):
        shown = excerpt(place(column, column + 5), ["x" * (column - 1) + "HERE!" + "y" * (500 - column)])
        assert shown is not None
        _, line, mark = shown
        assert len(line) <= WIDTH + 1
        assert line[mark.index("^") : mark.index("^") + 5] == "HERE!"


def test_of_a_very_long_line_only_what_is_shown_is_looked_at() -> None:
    told = []
    calls = calls_of(lambda: told.append(excerpt(place(50_000, 90_000), ["\a" * 100_000])))
    (shown,) = told
    assert shown is not None and len(shown[1]) <= WIDTH + 1
    assert calls < 10 * WIDTH


def test_a_place_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert excerpt(Span("rules.q", 1, 4, 3, 2), ["on rcpt:  ", "x"]) == ("1", "on rcpt:", "   ^~~~~")


def test_a_place_behind_the_line_or_the_file_is_no_trouble() -> None:
    assert excerpt(place(40, 45), ["ab"]) == ("1", "ab", "  ^")
    assert excerpt(place(1, 2, line=9), ["ab"]) is None


def test_control_characters_are_written_out() -> None:
    assert visible("a\tb\x00\x7fé") == "a    b\\x00\\x7fé"
