"""Decides which of the files that a command names are rules, and which are files of tests for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qpsmtpd.dsl.check.test_files import ENDING


def sorted_out(named: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Rules files and files of tests; a file of tests alone is for the rules beside it."""
    tests = [path for path in named if path.name.endswith(ENDING)]
    rules = [path for path in named if path not in tests]
    return (rules or [path.with_name(path.name.removesuffix(ENDING) + ".q") for path in tests]), tests
