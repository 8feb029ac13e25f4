"""Patterns: what the engine does not take is said in an operator's words and at its place; Q616 and Q617 are what cannot be meant."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from checked_rules import checked
from qpsmtpd.dsl.check.pattern_faults import pattern_fault
from qpsmtpd.dsl.check.patterns import bare_dot, compile_pattern, matches_everything


def found(pattern: str, text: str = "helo"):
    return checked(f"on helo: if {text} matches /{pattern}/ deny").found


@pytest.mark.parametrize(
    ("pattern", "marked", "message"),
    [
        ("x(", "(", "`(` is never closed"),
        ("[(]\\((", "(", "`(` is never closed"),
        ("x)", ")", "`)` closes nothing"),
        ("(a)b)c", ")", "`)` closes nothing"),
        ("x[ab", "[", "`[` is never closed"),
        ("*a", "*", "`*` has nothing before it to repeat"),
        ("\\*a|*", "*", "`*` has nothing before it to repeat"),
        ("a**", "**", "`**` repeats a repetition"),
        ("a++", "++", "`++` is possessive, which there is not"),
        ("a{2000}", "{2000}", "`{2000}` repeats too often"),
        ("a{2,1}", "{2,1}", "`{2,1}` is backwards"),
        ("(a)\\1", "\\1", "`\\1` is a back-reference, which there is not"),
        ("(?P<n>a)(?P=n)", "(?P=", "`(?P=` is a back-reference, which there is not"),
        ("\\q", "\\q", "`\\q` is no escape"),
        ("a\\Z", "\\Z", "`\\Z` is no escape"),
        ("a(?=b)", "(?=", "`(?=` is a look-ahead, which there is not"),
        ("a(?!b)", "(?!", "`(?!` is a look-ahead, which there is not"),
        ("(?<=b)a", "(?<=", "`(?<=` is a look-behind, which there is not"),
        ("(?<!b)a", "(?<!", "`(?<!` is a look-behind, which there is not"),
        ("(?>a)", "(?>", "`(?>` is an atomic group, which there is not"),
        ("a(?#no)", "(?#", "`(?#` is a comment, which there is not"),
        ("[z-a]", "z-a", "the range `z-a` is backwards"),
        ("[[:foo:]]", "[:foo:]", "`[:foo:]` is no class of characters"),
        ("\\pX", "\\pX", "`\\pX` is no class of characters"),
        ("(?<n", "(?<n", "the name of this group is not one"),
        ("(?z)a", "(?z", "`(?z` begins no group that there is"),
    ],
)
def test_a_fault_of_a_pattern_is_marked_at_its_place(pattern, marked, message):
    (finding,) = found(pattern)
    assert (finding.code, finding.message) == ("Q402", f"this pattern cannot be used: {message}")
    line = f"on helo: if helo matches /{pattern}/ deny"
    assert line[finding.column - 1 : finding.end_column - 1] == marked


def test_the_place_is_right_behind_an_escaped_slash():
    (finding,) = found("a\\/b\\/c(")
    assert finding.column == len("on helo: if helo matches /a\\/b\\/c") + 1


def test_a_pattern_that_is_a_text_has_its_fault_in_words():
    (finding,) = checked('let p: pattern = "x("\non helo: if helo matches p deny').found
    assert (finding.code, finding.message) == ("Q402", "this pattern cannot be used: `(` is never closed")


@given(st.text(alphabet="ab()[]{}*+?|^$\\.,:<>=!P-0123", max_size=12))
def test_the_place_of_any_fault_lies_in_the_pattern(text):
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error as error:
        fault = pattern_fault(text, error.args[0].decode())
        assert fault.message
        assert 0 <= fault.start <= fault.start + fault.length <= len(text)


@pytest.mark.parametrize("pattern", ["x*", "^", "^.*", "a|", "a?b?", "[0-9]*", "(?:x|y)*"])
def test_a_pattern_that_is_content_with_nothing_matches_everything(pattern):
    assert [f.code for f in found(pattern)] == ["Q616"]


@pytest.mark.parametrize("pattern", ["^$", "x*$", "x+", "^x?y", "\\bx*\\b", "."])
def test_a_pattern_that_wants_something_is_none(pattern):
    assert found(pattern) == []


@given(st.text(alphabet="ab(|)*?+^.[]x\\-", max_size=10), st.text(alphabet="abx-\n", max_size=6))
def test_what_is_said_to_match_everything_does(pattern, text):
    try:
        compiled = compile_pattern(pattern)
    except ValueError:
        return
    if matches_everything(compiled, pattern):
        assert compiled.search(text) is not None


@pytest.mark.parametrize(
    ("pattern", "at"),
    [
        ("example.com$", 7),
        ("^mail.example.org", 5),
        (".example\\.com$", 0),
        ("\\.example.com", 9),
        ("(example.net|example.com)$", 8),
        ("dyn[0-9]+.example.net", 9),
    ],
)
def test_a_dot_in_a_name_without_a_backslash_is_found(pattern, at):
    assert bare_dot(pattern) == at
    assert [f.code for f in found(pattern)] == ["Q617"]


@pytest.mark.parametrize(
    "pattern", ["example\\.com$", "\\.example\\.com", "a.b", "dyn.*com", "^..$", "mail.$", "x.{3}com", "1.2.3.4"]
)
def test_a_dot_that_can_be_meant_is_none(pattern):
    assert bare_dot(pattern) is None
    assert found(pattern) == []


def test_only_names_are_looked_at_for_dots():
    assert checked('on data_post: if (header.subject ?? "") matches /example.com$/ deny').codes == []
