"""Where comments stand in data files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.stdlib.data.lines import comments, entries


def test_a_comment_begins_at_the_start_or_after_a_blank() -> None:
    text = "# one\n  # two\na#b # three\na\t#four # five\na#b\n\n"
    assert list(comments(text)) == [(1, 1), (2, 3), (3, 5), (4, 3)]


@given(st.text(st.sampled_from("a# \t\n\r\ufeff")))
def test_what_is_no_comment_is_an_entry(text: str) -> None:
    lines = text.removeprefix("\ufeff").split("\n")
    for number, column in comments(text):
        assert lines[number - 1][column - 1] == "#"
        lines[number - 1] = lines[number - 1][: column - 1]
    kept = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    assert kept == list(entries(text))
