"""Ten planted mistakes in one file: all of them are found in one run, with nothing besides."""

from __future__ import annotations

from pathlib import Path

from checked_rules import checked

HERE = Path(__file__).parent


def test_ten_mistakes_in_one_file_are_all_found_in_one_run():
    found = checked((HERE / "ten_mistakes.q").read_text("utf-8")).found
    told = "".join(f"{f.line}:{f.column}-{f.end_column} {f.code} {f.message}\n    {f.help}\n" for f in found)
    assert told == (HERE / "ten_mistakes.txt").read_text("utf-8")
