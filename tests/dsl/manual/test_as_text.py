"""A page on a terminal: the golden page shows every part of one; the rest is about widths and marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.manual import as_text
from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Prose, Sample, table

PAGE = Page(
    "function",
    "listed",
    "True when it is listed.",
    (
        Prose("`listed(zone: text, wait: duration = 5s) -> bool`"),
        Prose("True when it is *listed*.\n\nThis is a longer paragraph, which [leads](types.md) to `code` and has to be folded."),
        table(
            ["parameter", "type", "default", "meaning"],
            [
                ["`zone`", "`text`", "", "the zone of the list, as its operator calls it, without a dot in front"],
                ["`wait`", "`duration`", "`5s`", "how long to wait, in `connect` alone"],
            ],
        ),
        Heading("Where"),
        table(["in", "type"], [["`mail` to `queue`", "`domain?`"]]),
        Sample('on connect:\n    if listed("a.example") deny', "q fragment"),
    ),
)


def test_a_page_reads_well_on_a_narrow_terminal():
    assert as_text.page(PAGE, 60) == (Path(__file__).parent / "page_on_a_terminal.txt").read_text("utf-8")


@given(st.integers(40, 200))
def test_no_line_of_prose_or_table_is_wider_than_the_terminal(width):
    lines = as_text.page(PAGE, width).splitlines()
    assert all(len(line) <= width or line.startswith("    ") for line in lines)


def test_a_table_without_room_for_its_columns_prints_cells_below_each_other():
    wide = table(["a", "b", "c"], [["one " * 20, "two " * 20, "three " * 20]])
    text = as_text.overview(Chapter("x", "X", (wide,)), 40)
    assert max(map(len, text.splitlines())) <= 40
    assert list(dict.fromkeys(re.findall(r"^ +\w+", text, re.MULTILINE))) == [
        "  one",
        "      B",
        "      two",
        "      C",
        "      three",
    ]


def test_a_word_that_is_longer_than_the_line_stays_whole():
    word = "`https://example.org/" + "a" * 80 + "`"
    assert word.strip("`") in as_text.page(Page("x", "y", "z", (Prose(f"See {word}."),)), 40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[`list[T]`](#listt)", "list[T]"),
        ("*R*: see [types](types.md)", "R: see types"),
        ("`a` and `b`", "`a` and `b`"),
        ("`a * b * c`", "a * b * c"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_links_and_emphasis_lose_their_marks_and_code_keeps_its_own(text, shown):
    assert as_text.plain(text) == shown


def test_stars_inside_of_code_are_no_emphasis():
    assert as_text.plain('`"*** SPAM ***"` and *this*') == '`"*** SPAM ***"` and this'
    assert as_text.plain('`"*** SPAM ***"`') == '"*** SPAM ***"'
