"""Lists of users: what they hold, and what is said of lines that are none."""

from __future__ import annotations

import pytest

from meta.rules_text import FILES, compiled
from qpsmtpd.stdlib.data.users import USER_FILE, read


def faults(text: str) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    read(text, lambda line, code, message, *_: found.append((line, code, message)))
    return found


def test_entries_are_compared_without_regard_to_case_and_quotes():
    made = read('# us\nAnn\n"bob"@Example.ORG # his\n@Lists.example.org\n"j doe"\n', lambda *fault: pytest.fail(str(fault)))
    assert list(made) == ["ann", "bob@example.org", "@lists.example.org", "j doe"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ann smith", "neither a local part nor an address"),
        ("ann:x:1000:1000:Ann:/home/ann:/bin/sh", 'only the user\'s name belongs here: "ann"'),
        ("ann@nowhere", "whole domain"),
        ("@", "not a domain name"),
        ("ann..x", "neither"),
        ("x" * 65, "neither"),
    ],
)
def test_a_line_that_is_no_user_is_told_with_what_to_write(line, said):
    ((number, code, message),) = faults(f"bob\n{line}\n")
    assert (number, code) == (2, "Q702")
    assert said in message


def test_what_is_there_twice_or_covered_is_told_with_the_other_line():
    assert [fault[:2] for fault in faults("ann\nANN\nann@example.org\nbob@example.com\n@example.com\n")] == [
        (2, "Q703"),
        (3, "Q703"),
        (4, "Q703"),
    ]


def test_the_findings_name_the_file():
    rules = 'on rcpt: unless rcpthosts(domain) and local_user(recipient, users = "users") deny\non queue: maildir("M")'
    outcome = compiled(rules, {**FILES, "users": "ann\na b\n"})
    assert [
        (f.code, f.span.file.rpartition("/")[2], f.span.line) for f in outcome.findings.sorted() if f.severity == "error"
    ] == [("Q702", "users", 2)]
    assert [f.code for f in compiled(rules).findings.sorted() if f.severity == "error"] == ["Q701"]
    assert [f for f in compiled(rules, {**FILES, "users": USER_FILE.sample}).findings.sorted() if f.severity != "note"] == []
