"""A part of what the fuzzer does, each time: nothing that stands in a file breaks the checker. `docs/fuzzing.md` has the long way."""

from __future__ import annotations

import random

import pytest

from fuzz.trial import drawn, tried

_SHARE = 250
"""Inputs of one share; all shares together take about a minute of CPU."""


@pytest.mark.parametrize("seed", range(8))
def test_whatever_stands_in_a_file_gives_findings_and_nothing_else(seed: int) -> None:
    draw = random.Random(seed)
    for number in range(_SHARE):
        given = drawn(draw)
        outcome = tried(given)
        broken = "" if outcome.fault.startswith("it took") else outcome.fault
        assert broken == "", f"input {number} of seed {seed}: {given}"
