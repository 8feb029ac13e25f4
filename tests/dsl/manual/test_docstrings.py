"""What a docstring has for a page."""

from __future__ import annotations

from qpsmtpd.dsl.manual.docstrings import docstring

TEXT = """True when it is so.

More about it,
on two lines.

Arguments:
    one: what it is,
        and more of it
    two: the other: with a colon

Examples:
    on connect:
        pass
"""


def test_the_sections_are_taken_out_of_the_prose():
    doc = docstring(TEXT)
    assert doc.summary == "True when it is so."
    assert doc.prose == "True when it is so.\n\nMore about it,\non two lines."


def test_the_arguments_are_known_by_name_each_on_one_line():
    assert docstring(TEXT).arguments == {"one": "what it is, and more of it", "two": "the other: with a colon"}


def test_the_examples_keep_their_indentation():
    assert docstring(TEXT).examples == "on connect:\n    pass"


def test_a_text_may_be_without_sections_or_empty():
    assert docstring("One line.").prose == "One line."
    assert docstring("").summary == ""
