"""Q622: a rules file that nothing uses. Q623: a long one that may have been cut off."""

from __future__ import annotations

import pytest

from checked_rules import checked

RULES = 'use "site.q"\non mail: if score > most deny'
SITE = {"site.q": "let most = 3\n"}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("more.q", "on helo: deny\n", ["Q622"]),
        ("more.q", "let x = 3\n", ["Q622"]),
        ("more.test.q", "let x = 3\n", []),
        ("more.txt", "let x = 3\n", []),
        ("conf.d/more.q", "let x = 3\n", []),
        ("other.q", 'use "site.q"\non mail: deny\n', []),
        ("other.q", 'server:\n    hostname = "mx.example.org"\n', []),
        ("other.q", 'on queue: maildir("x")\n', []),
    ],
)
def test_a_neighbour_that_nothing_uses_is_found_unless_it_is_a_main_file_itself(name, text, found):
    outcome = checked(RULES, {**SITE, name: text})
    assert outcome.codes == found, outcome.told


def test_where_no_neighbour_is_used_none_is_expected_to_be():
    assert checked("on mail: if esmtp deny", {"more.q": "let x = 3\n"}).codes == []
    assert (
        checked('use "conf.d/a.q"\non mail: if esmtp deny', {"conf.d/a.q": "on helo: deny\n", "more.q": "let x = 3\n"}).codes
        == []
    )


def test_a_file_that_another_file_uses_is_used():
    assert checked(RULES, {"site.q": 'use "more.q"\nlet most = least\n', "more.q": "let least = 3\n"}).codes == []


def test_what_nothing_uses_does_not_count_in_the_digest():
    alone, beside = (checked(RULES, {**SITE, **more}).rules.digest for more in ({}, {"more.q": "let x = 3\n"}))
    assert alone == beside


def long(end: str, count: int = 20) -> str:
    return "on helo:\n" + "".join(f'    if helo == "h{n}" deny\n' for n in range(count)) + end


@pytest.mark.parametrize("end", ["", "# the last line\n", "\n\n"])
def test_a_long_file_without_end_is_found_at_its_last_line(end):
    (finding,) = checked(long(end)).found
    assert (finding.code, finding.line) == ("Q623", 21)


@pytest.mark.parametrize("rules", [long("end\n"), long("end # here\n"), long("", 19), long("end", 30)])
def test_a_file_that_ends_or_is_short_is_none(rules):
    assert checked(rules).codes == []


def test_a_file_in_use_may_be_cut_off_too():
    (finding,) = checked('use "site.q"\non mail: deny', {"site.q": long("")}).found
    assert (finding.code, finding.file) == ("Q623", "site.q")
