"""Which rules and branches tests have come by."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from qpsmtpd.dsl.emit.emit import python_of
from qpsmtpd.dsl.plan.traced import traced
from qpsmtpd.runtime.lab.coverage import Coverage, coverage
from qpsmtpd.runtime.lab.coverage_report import data_of, lcov_of, missing, text_of
from qpsmtpd.runtime.lab.suite import Report, run_tests
from qpsmtpd.runtime.lab.trial_run import run_trial
from rules_in_the_lab import DELIVERY, GATE, STRANGER, bench

GOLDEN = Path(__file__).parent / "golden"


def covered(rules: str, *tests: str) -> Coverage:
    """The coverage of rules by tests with these steps."""
    written = "".join(
        f'test "{number}":\n' + "".join(f"    {line}\n" for line in steps.strip().splitlines())
        for number, steps in enumerate(tests)
    )
    made, stage = bench(f"{rules}\n{GATE}{DELIVERY}\n{written}")
    return coverage([(made, [run_trial(trial, made, stage, Path()) for trial in made.trials])])


def told(rules: str, *tests: str) -> list[tuple[int, str]]:
    """What is told of the lines of these rules: line and branch."""
    return [(m.span.line, m.branch) for m in missing(covered(rules, *tests), "rules.q") if m.span.line <= len(rules.splitlines())]


INSIDE = "client 192.0.2.1\nexpect score == 0"
OUTSIDE = "client 203.0.113.9\nexpect score == 0"


def test_a_condition_has_two_branches_also_without_an_else():
    rules = 'on connect: if ip == "192.0.2.1" relay = false'
    assert told(rules, INSIDE) == [(1, "else")]
    assert told(rules, OUTSIDE) == [(1, "then")]
    assert told(rules, INSIDE, OUTSIDE) == []


def test_an_unless_is_met_when_its_action_is_done():
    assert told('on connect: unless ip == "192.0.2.1" relay = false', OUTSIDE) == [(1, "else")]


def test_what_can_fail_outside_has_a_third_branch():
    rules = 'on connect: if dnsbl("zen.example.net") deny'
    both = ("given dnsbl() = listing\nclient 192.0.2.1 -> deny", f"given dnsbl() = none\n{INSIDE}")
    assert told(rules, *both) == [(1, "unknown")]
    assert told(rules, *both, f"given dnsbl() fails\n{INSIDE}") == []


def test_a_let_that_can_fail_makes_its_reader_unknown():
    rules = 'on connect:\n    let bad = dnsbl("zen.example.net")\n    if bad deny'
    assert told(rules, f"given dnsbl() = none\n{INSIDE}") == [(3, "then"), (3, "unknown")]


def test_a_data_file_does_not_fail():
    rules = "on rcpt: unless rcpthosts(domain) deny"
    good = STRANGER + 'mail <>\nrcpt "x@example.org" -> accept\nrcpt "x@elsewhere.example" -> deny'
    assert told(rules, good) == []


def test_an_unknown_branch_is_one_whatever_can_fail():
    rules = "on rcpt:\n    if rcpthosts(domain):\n        score += 1\n    unknown:\n        score += 2"
    steps = STRANGER + 'mail <>\nrcpt "x@example.org" -> accept\nrcpt "x@elsewhere.example" -> deny'
    assert told(rules, steps) == [(2, "unknown")]
    assert told(rules, steps + "\ngiven rcpthosts() fails\n" + 'rcpt "x@example.org" -> defer') == []


def test_what_follows_is_not_told_twice():
    rules = """\
on connect if ip == "192.0.2.1":
    if trusted:
        log("a")
        log("b")
on mail:
    if sender == <>:
        log("c")
        if connections == 1 deny
        log("e")
    log("d")
"""
    assert told(rules, OUTSIDE) == [(1, "then"), (6, ""), (10, "")]
    assert told(rules, STRANGER + "mail <> -> deny") == [(1, "then"), (6, "else"), (8, "else"), (9, ""), (10, "")]


def test_each_part_of_an_elif_chain_counts():
    rules = 'on connect:\n    if ip == "192.0.2.1":\n        log("a")\n    elif ip == "192.0.2.2":\n        log("b")\n    else:\n        log("c")'
    assert told(rules, INSIDE) == [(2, "else")]
    assert told(rules, INSIDE, OUTSIDE) == [(4, "then")]


def test_lines_that_stand_in_several_hooks_count_together():
    rules = 'on helo, mail: if ip == "192.0.2.1" relay = false'
    assert told(rules, STRANGER + "expect score == 0", 'client 192.0.2.1\nhelo "x"\nmail <> -> accept') == []


def test_expectations_are_no_rules():
    assert covered("", OUTSIDE).files.keys() == {"rules.q"}
    assert len(covered("", OUTSIDE).files["rules.q"]) == len(covered("", OUTSIDE, OUTSIDE).files["rules.q"])


@pytest.fixture
def report(tmp_path, monkeypatch) -> Report:
    for file in (GOLDEN / "covered").iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    made = run_tests(Path("rules.q"), (), ())
    assert made.failed == 0
    return made


def test_people_see_the_lines_that_no_test_has_come_by(report):
    text = text_of(coverage([(report.bench, report.outcomes)]), report.findings.sources)
    assert text == (GOLDEN / "coverage.txt").read_text()


def test_programs_get_the_same(report):
    found = coverage([(report.bench, report.outcomes)])
    data = json.loads(json.dumps(data_of(found)))
    (file,) = data["files"]
    assert (file["file"], file["rules"], file["branches"]) == ("rules.q", data["rules"], data["branches"])
    assert [(m["line"], m["branch"]) for m in file["missing"]] == [(m.span.line, m.branch) for m in missing(found, "rules.q")]


def test_the_tracefile_is_one_of_lcov(report):
    text = lcov_of(coverage([(report.bench, report.outcomes)]))
    lines = text.splitlines()
    assert lines[0] == "TN:" and lines[1] == f"SF:{Path.cwd()}/rules.q" and lines[-1] == "end_of_record"
    branches = [re.fullmatch(r"BRDA:(\d+),(\d+),(\d+),(\d+|-)", line) for line in lines if line.startswith("BRDA:")]
    counts = [re.fullmatch(r"DA:(\d+),(\d+)", line) for line in lines if line.startswith("DA:")]
    assert all(branches) and all(counts)
    said = dict(line.split(":") for line in lines if re.match(r"(BRF|BRH|LF|LH):", line))
    assert said == {
        "BRF": str(len(branches)),
        "BRH": str(sum(b[4] not in "0-" for b in branches if b)),
        "LF": str(len(counts)),
        "LH": str(sum(c[2] != "0" for c in counts if c)),
    }
    assert len({b.group(1, 2, 3) for b in branches if b}) == len(branches)
    written = (Path.cwd() / "rules.q").read_text().splitlines()
    assert all(written[int(c[1]) - 1].strip() for c in counts if c)


def test_rules_of_two_files_are_two_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rcpthosts").write_text("example.org\n")
    (tmp_path / "rules.q").write_text(
        'use "site.q"\non connect: if trusted relay = false\n' + 'test "t":\n    client 192.0.2.1 -> accept\n'
    )
    (tmp_path / "site.q").write_text(GATE + DELIVERY)
    report = run_tests(Path("rules.q"), (), ())
    found = coverage([(report.bench, report.outcomes)])
    assert [*found.files] == ["rules.q", "site.q"] and lcov_of(found).count("end_of_record") == 2
    assert found.totals() == tuple(a + b for a, b in zip(found.counts("rules.q"), found.counts("site.q"), strict=True))


def test_two_rules_files_that_use_a_third_cover_it_together(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rcpthosts").write_text("example.org\n")
    (tmp_path / "site.q").write_text('on connect: if ip == "192.0.2.1" relay = false\n' + GATE + DELIVERY)
    for name, ip in (("one", "192.0.2.1"), ("two", "192.0.2.2")):
        (tmp_path / f"{name}.q").write_text(f'use "site.q"\ntest "{name}":\n    client {ip} -> accept\n')
    reports = [run_tests(Path(f"{name}.q"), (), ()) for name in ("one", "two")]
    alone = [coverage([(r.bench, r.outcomes)]) for r in reports]
    together = coverage([(r.bench, r.outcomes) for r in reports])
    assert next((m.span.line, m.branch) for m in missing(alone[0], "site.q")) == (1, "else")
    assert next((m.span.line, m.branch) for m in missing(alone[1], "site.q")) == (1, "then")
    assert all(m.span.line > 1 for m in missing(together, "site.q"))


def test_rules_that_serve_carry_nothing_of_this():
    made, _ = bench(GATE + DELIVERY)
    plain = python_of(made.rules)
    watched = python_of(traced(made.rules, lambda function: function).rules)
    assert "s.saw(" not in plain and "s.reached(" not in plain
    assert "s.saw(" in watched and "s.reached(" in watched
