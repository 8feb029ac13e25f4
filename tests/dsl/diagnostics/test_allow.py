"""What `# q: allow` silences, and what is said of comments that silence nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meta.rules_text import FILES, compiled, told
from qpsmtpd.dsl.compile import Compiled
from qpsmtpd.dsl.diagnostics import allow_comments
from qpsmtpd.dsl.diagnostics.codes import Code, codes
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.tree import Span

GATE = "on rcpt: unless rcpthosts(domain) deny\n"
QUEUE = 'on queue: maildir("Maildir")\n'
UNUSED = 'let partners: list[domain] = ["example.net"]'


def found(text: str, files: dict[str, str] | None = None) -> list[str]:
    return places(compiled(text, {**FILES, **(files or {})}))


def places(made: Compiled) -> list[str]:
    """`CODE line` of each finding but the note that everybody gets here."""
    return [f"{f.code} {f.line}" for f in made.findings.sorted() if f.code != "Q603"]


def silenced(text: str) -> list[tuple[str, str]]:
    return [(finding.code, allow.reason) for finding, allow in compiled(text).findings.silenced]


def rules(*lines: str) -> str:
    return GATE + QUEUE + "".join(f"{line}\n" for line in lines)


def test_an_unused_constant_is_found_without_a_comment() -> None:
    assert found(rules(UNUSED)) == ["Q602 3"]


def test_a_comment_silences_its_own_line() -> None:
    text = rules(f"{UNUSED}  # q: allow Q602 -- the branch office uses it")
    assert found(text) == []
    assert ("Q602", "the branch office uses it") in silenced(text)


def test_a_comment_on_a_line_of_its_own_silences_the_next_one_that_is_more_than_a_comment() -> None:
    assert found(rules("# q: allow Q602", UNUSED)) == []
    assert found(rules("# q: allow Q602", "# partners since 2019", UNUSED)) == []
    assert found(rules("    # q: allow Q602", UNUSED)) == []


def test_no_other_line_is_silenced() -> None:
    assert found(rules("# q: allow Q602", "", UNUSED)) == ["Q606 3", "Q602 5"]
    assert found(rules(UNUSED, "# q: allow Q602")) == ["Q602 3", "Q606 4"]
    assert found(GATE + 'on queue: maildir("Maildir")  # q: allow Q602\n' + UNUSED) == ["Q606 2", "Q602 3"]


def test_one_comment_names_several_codes() -> None:
    text = rules("# q: allow Q605, Q602 -- both are meant", f"{UNUSED}", "on mail: if false deny  # q: allow Q605")
    assert found(text) == ["Q606 3"]
    text = rules("on mail: if false and false deny  # q: allow Q602,Q605 -- both")
    assert found(text) == ["Q606 3"]
    assert found(rules("on mail: if false and false deny  # q: allow Q605,q605")) == ["Q606 3"]


def test_blanks_and_case_do_not_matter() -> None:
    for comment in ("#q:allow q602", "#  q:  allow  Q602  --  because ", "# q: allow Q602 --", "# q: ALLOW Q602"):
        assert found(rules(f"{UNUSED} {comment}")) == [], comment


def test_what_concerns_the_whole_file_is_silenced_before_its_first_statement() -> None:
    note = "# q: allow Q603 -- one Maildir for all"
    for text in (f"{note}\n", f"# Rules of mx\n\n{note}\n\n# the gate\n", ""):
        made = compiled(f"{text}{GATE.rstrip()}{'' if text else f'  {note}'}\n{QUEUE}")
        assert [f.code for f in made.findings.sorted()] == []
    made = compiled(f"{GATE}{QUEUE}{note}\n")
    assert [f.code for f in made.findings.sorted()] == ["Q603", "Q606"]


def test_a_hash_inside_a_text_or_a_pattern_begins_no_comment() -> None:
    assert found(rules('let x = "# q: allow Q602"')) == ["Q602 3"]
    assert found(rules('let x = """one', '# q: allow Q602"""')) == ["Q602 3"]
    assert found(rules("on helo: if helo matches /# q: allow q605/ deny")) == []
    assert found(rules('let x = "#"  # q: allow Q602')) == []
    assert found(rules('let x = "#" + "#"  # q: allow Q602')) == []
    assert found(rules('let x = """one', '#two"""  # q: allow Q602', "")) == ["Q602 3", "Q606 4"]


def test_inside_brackets_each_line_has_its_own_comment() -> None:
    text = rules("let x = [", '    "a",  # q: allow Q602', "    # q: allow Q602", "]")
    assert found(text) == ["Q602 3", "Q606 4", "Q606 5"]


def test_errors_of_q6_may_be_silenced_and_then_the_rules_run() -> None:
    dead = 'on mail:\n    accept\n    if sender == <> deny "No"'
    assert found(rules(dead)) == ["Q601 5"]
    made = compiled(rules(dead + "  # q: allow Q601 -- until the summer"))
    assert places(made) == []
    assert made.program is not None


@pytest.mark.parametrize("reason", ["", " -- I know what I do"])
@pytest.mark.parametrize("code", [name for name, code in codes().items() if name[1] == "5" and code.severity == "error"])
def test_no_comment_silences_an_error_about_safety(code: str, reason: str) -> None:
    text = f"# q: allow {code}{reason}\n{QUEUE}"
    made = compiled(text)
    assert made.program is None
    assert places(made) == ["Q501 1", "Q111 1"]
    assert "no comment can silence" in told(made)
    assert "Q111 3" in found(rules(f"# q: allow {code}{reason}"))


@pytest.mark.parametrize(
    "code", [name for name, code in codes().items() if code.severity == "error" and name[1] not in "56" or name == "Q606"]
)
def test_errors_that_keep_rules_from_running_cannot_be_silenced(code: str) -> None:
    made = compiled(rules(f"# q: allow {code} -- why not", UNUSED))
    assert places(made) == ["Q606 3", "Q602 4"]
    assert "cannot be silenced" in told(made)


def test_an_error_that_cannot_be_silenced_is_still_there() -> None:
    assert found(rules("on recpt: deny  # q: allow Q203")) == ["Q203 3", "Q606 3"]


def test_an_unknown_code_is_found_and_perhaps_recognised() -> None:
    (finding,) = (f for f in compiled(rules("# q: allow Q6022, Q699")).findings.sorted() if f.code == "Q606")
    assert "not understood" in finding.message
    (finding,) = (f for f in compiled(rules("# q: allow Q692")).findings.sorted() if f.code == "Q606")
    assert (finding.message, finding.help) == ("there is no code Q692", "did you mean `Q602`?")
    assert (finding.line, finding.column, finding.end_column) == (3, 12, 16)


@pytest.mark.parametrize(
    "comment", ["q: allow", "q: alow Q602", "q: allow Q602 because", "q: ignore Q602", "q: allow 602", "q: allow Q602 Q605"]
)
def test_what_was_meant_as_an_allow_is_found(comment: str) -> None:
    (finding,) = (f for f in compiled(rules(f"# {comment}")).findings.sorted() if f.code == "Q606")
    assert finding.message == "this comment is not understood, and silences nothing"
    assert "# q: allow Q602 -- why" in finding.help


@pytest.mark.parametrize("comment", ["allow Q602", "q: what is this?", "q:", "see q: allow Q602", "Q: allow Q602"])
def test_other_comments_are_comments(comment: str) -> None:
    assert found(rules(f"# {comment}")) == []


def test_useless_comments_are_found_only_where_all_else_is_well() -> None:
    assert found(rules(f"{UNUSED}  # q: allow Q602", "on recpt: deny")) == ["Q203 4"]


def test_the_same_allow_twice_is_one_too_many() -> None:
    assert found(rules("# q: allow Q602", f"{UNUSED}  # q: allow Q602")) == ["Q606 4"]


def test_a_warning_about_safety_needs_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = {**codes(), "Q599": Code("Q599", "warning", "Made up", "")}
    monkeypatch.setattr(allow_comments, "codes", lambda: made_up)
    for comment, wanted in (("# q: allow Q599", ["Q606"]), ("# q: allow Q599 -- at home", [])):
        findings = Findings()
        parse(f"on connect: pass  {comment}\n", "rules.q", findings)
        assert [f.code for f in findings.sorted()] == wanted
        allowed = findings.allowed("Q599", Span("rules.q", 1, 1, 1, 3))
        assert (allowed is None) is bool(wanted)


def test_in_data_files_too() -> None:
    lines = [
        "example.org",
        "example.org  # q: allow Q703 -- the cluster's script adds it",
        "# q: allow Q703",
        "example.org",
        "example.org",
    ]
    made = compiled(GATE + QUEUE, {"rcpthosts": "\n".join(lines)})
    assert places(made) == ["Q703 5"]
    assert [allow.reason for _, allow in made.findings.silenced] == ["the cluster's script adds it", ""]


def test_a_useless_allow_in_a_data_file_is_found_there() -> None:
    made = compiled(GATE + QUEUE, {"rcpthosts": "example.org # q: allow Q703\na#q:allow.example # no\n# q: allow Q702\n"})
    assert [(f.file, f.code, f.line) for f in made.findings.sorted() if f.code == "Q606"] == [
        ("/rules/rcpthosts", "Q606", 3),
    ]
    made = compiled(GATE + QUEUE, {"rcpthosts": "example.org # q: allow Q703\n"})
    assert [(f.file, f.code, f.line) for f in made.findings.sorted() if f.code == "Q606"] == [("/rules/rcpthosts", "Q606", 1)]


def test_silenced_lines_of_a_data_file_do_not_count_among_the_many() -> None:
    lines = ["example.org", *["example.org # q: allow Q703"] * 60, *["Example.org"] * 55]
    made = compiled(GATE + QUEUE, {"rcpthosts": "\n".join(lines)})
    assert len(made.findings.silenced) == 60
    assert [f.line for f in made.findings.sorted() if f.code == "Q703"] == [*range(62, 113)]
    assert "5 more lines" in told(made)


def test_a_file_that_two_functions_read_has_its_comments_once() -> None:
    text = GATE + QUEUE + 'on mail: if sender.domain and sender.domain in domains("both") trusted = true\n'
    text += 'on helo: if helo.domain and helo.domain in domains("both") trusted = true\n'
    assert found(text, {"both": "example.org\nexample.org # q: allow Q703\n"}) == []


def test_silenced_findings_count_nowhere() -> None:
    made = compiled(rules(f"{UNUSED}  # q: allow Q602"))
    assert made.findings.counts()["warning"] == 0


def test_what_silences_something_in_one_of_several_runs_is_not_useless() -> None:
    shared = f"{UNUSED}  # q: allow Q602 -- one of the two uses it\n"
    uses = "on mail: if sender.domain and sender.domain in partners trusted = true\n"
    runs = [compiled(GATE + QUEUE + text + 'use "shared.q"\n', {**FILES, "shared.q": shared}).findings for text in ("", uses)]
    assert [[f.code for f in run.sorted() if f.code != "Q603"] for run in runs] == [[], ["Q606"]]
    merged = Findings.merged(runs)
    assert [f.code for f in merged.sorted() if f.code != "Q603"] == []
    assert [finding.code for finding, _ in merged.silenced] == ["Q602"]


@given(st.text(st.sampled_from("#q: allowQ602,-\"\n/'x=("), max_size=60))
def test_no_comment_breaks_anything(text: str) -> None:
    findings = Findings()
    file = parse(text, "rules.q", findings)
    for finding in findings.sorted():
        assert 1 <= finding.line <= max(len(file.lines), 1)
