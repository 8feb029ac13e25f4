"""One input through reading and checking, and, where nothing is wrong with it, compiling; what must never come of it is told."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from fuzz import corpus
from fuzz.mutate import mutated, noise
from qpsmtpd.dsl.compile import compile_rules
from qpsmtpd.runtime.service.library import library, surroundings

LIMIT = 1.0
"""Seconds of CPU for one input."""
_FOLDER = "/fuzz"


@dataclass(frozen=True, slots=True)
class Input:
    """A rules file and the data files beside it."""

    rules: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """The codes of the findings, the CPU it took, and the fault: empty when all is as it must be."""

    codes: frozenset[str]
    seconds: float
    fault: str = ""


def drawn(draw: random.Random) -> Input:
    """An input: mutated rules, a mutated data file, or noise in the place of either."""
    texts, files = corpus.rules(), corpus.data_files()
    kind = draw.random()
    if kind < 0.05:
        return Input(noise(draw), noise(draw))
    if kind < 0.25:
        _, rules, sample = draw.choice(files)
        data = noise(draw) if draw.random() < 0.1 else mutated(sample, [sample, *(text for _, _, text in files)], draw)
        return Input(rules.encode(), data)
    text = draw.choice(texts)
    return Input(mutated(text, texts, draw), b"example.org\n.example.org\n")


def tried(given: Input) -> Outcome:
    """What becomes of an input."""

    def read(name: str) -> bytes:
        if name.startswith(surroundings().shipped):
            with open(name, "rb") as file:  # noqa: PTH123 - as the caller of the compiler does it
                return file.read()
        if name == f"{_FOLDER}/rules.q":
            return given.rules
        if name.endswith((".q", ".py")):
            raise FileNotFoundError(2, "No such file or directory", name)
        return given.data

    begun = time.process_time()
    made = compile_rules(f"{_FOLDER}/rules.q", library(), read, _FOLDER, around=surroundings(), tests=())
    seconds = time.process_time() - begun
    codes = frozenset(finding.code for finding in made.findings.sorted())
    broken = next((finding.why for finding in made.findings.sorted() if finding.code == "Q901"), "")
    slow = f"it took {seconds:.2f} s of CPU" if seconds > LIMIT else ""
    return Outcome(codes, seconds, broken or slow)
