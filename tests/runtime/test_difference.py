"""A difference is what `patch` takes."""

from __future__ import annotations

from qpsmtpd.runtime.difference import difference


def test_line_ends_are_shown_as_they_are() -> None:
    assert "".join(difference("rules.q", "a\nb\r\nc", "a\nB\r\nc\n")) == (
        "--- rules.q\n+++ rules.q\n@@ -1,3 +1,3 @@\n a\n-b\r\n-c\n\\ No newline at end of file\n+B\r\n+c\n"
    )


def test_only_lf_ends_a_line() -> None:
    assert "".join(difference("x", "a\x0cb\u2028c\n", "d\n")) == "--- x\n+++ x\n@@ -1 +1 @@\n-a\x0cb\u2028c\n+d\n"


def test_what_is_equal_has_none() -> None:
    assert list(difference("rules.q", "a\n", "a\n")) == []
    assert list(difference("rules.q", "", "")) == []
