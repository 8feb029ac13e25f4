"""A part of what the fuzzer does, each time: nothing that stands in a file breaks the checker. `docs/fuzzing.md` has the long way."""

from __future__ import annotations

import random

import pytest

from fuzz.trial import Input, TooLong, drawn, tried

_SHARE = 700
"""Inputs of one share; all shares together take about a minute of CPU."""


@pytest.mark.parametrize("seed", range(8))
def test_whatever_stands_in_a_file_gives_findings_and_nothing_else(seed: int) -> None:
    draw = random.Random(seed)
    found: list[Input] = []
    known: set[str] = set()
    for number in range(_SHARE):
        given = drawn(draw, found)
        outcome = tried(given)
        # how long an input takes depends on who else uses the machine; one that does not end is a fault of its own
        assert outcome.slow or not outcome.fault, f"input {number} of seed {seed}: {outcome.fault}\n{given}"
        if not outcome.shapes <= known:
            found.append(given)
            known |= outcome.shapes


def test_an_input_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object, **__: object) -> None:
        while True:
            pass

    monkeypatch.setattr("fuzz.trial.HANGS", 0.1)
    monkeypatch.setattr("qpsmtpd.dsl.compile.check", endless)
    assert "had not ended" in tried(Input(b"on rcpt: deny")).fault
    assert not issubclass(TooLong, Exception)
