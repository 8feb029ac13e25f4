"""One input through reading and checking, and, where nothing is wrong with it, compiling; what must never come of it is told."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from fuzz import corpus
from fuzz.mutate import encoded, mutated, noise
from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.compile import compile_rules
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.runtime.service.library import library, surroundings

LIMIT = 1.0
"""Seconds of CPU for one input."""
HANGS = 10.0
"""Seconds of CPU after which an input is given up."""
_AGAIN = 2
"""How often an input is tried again that took longer than the limit."""
_FOLDER = "/fuzz"
_DEEP = "stand too deep inside of one another to be compiled"
"""Said when Python's own stack was not deep enough: nothing that can be read should come so far."""
_PARTICULAR = re.compile(r'`[^`]*`|"[^"]*"|\d+|[^\x00-\x7f]')
"""What differs in messages that say the same."""


@dataclass(frozen=True, slots=True)
class Input:
    """A rules file, what every data file holds, and a second rules file beside the first."""

    rules: bytes
    data: bytes = b"example.org\n.example.org\n"
    other: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The shapes of the findings, the CPU it took, and the fault: empty when all is as it must be."""

    shapes: frozenset[str]
    seconds: float
    fault: str = ""

    @property
    def slow(self) -> bool:
        """True when nothing but the time is wrong."""
        return self.fault.startswith("it took")


class TooLong(BaseException):
    """An input that does not end. No failure that anybody may take for one of the rules."""


def drawn(draw: random.Random, found: Sequence[Input] = ()) -> Input:
    """An input: mutated rules, a mutated data file, or noise in the place of either; sometimes one of `found`, changed again."""
    texts, files = corpus.rules(), corpus.data_files()
    kind = draw.random()
    if kind < 0.05:
        return Input(noise(draw), noise(draw), noise(draw))
    if kind < 0.25:
        _, rules, sample = draw.choice(files)
        data = noise(draw) if draw.random() < 0.1 else mutated(sample, [sample, *(text for _, _, text in files)], draw)
        return Input(rules.encode(), encoded(data, draw) if draw.random() < 0.1 else data)
    if kind < 0.5 and found:
        before = draw.choice(found)
        return replace(before, rules=mutated(before.rules.decode("utf-8", "replace"), texts, draw))
    rules = mutated(draw.choice(texts), texts, draw)
    if kind < 0.6:
        how = draw.choice(_USES)
        return Input(how + rules, other=draw.choice((b"", how)) + mutated(draw.choice(texts), texts, draw))
    return Input(encoded(rules, draw) if kind > 0.98 else rules)


_USES = (b'use "other.q"\n', b'use "*.q"\n', b'use "sub/../other.q"\nuse "other.q"\n', b'use "rules.q"\nuse "other.q"\n')


def tried(given: Input) -> Outcome:
    """What becomes of an input; of one that is slow the fastest of a few tries, since others use the machine too."""
    outcome = _once(given)
    for _ in range(_AGAIN):
        if not outcome.slow:
            break
        outcome = min(outcome, _once(given), key=lambda each: each.seconds)
    return outcome


def _once(given: Input) -> Outcome:
    beside = {f"{_FOLDER}/rules.q": given.rules, f"{_FOLDER}/other.q": given.other}

    def read(name: str) -> bytes:
        if name.startswith(surroundings().shipped):
            return Path(name).read_bytes()
        if name.endswith((".q", ".py")) and name not in beside:
            raise FileNotFoundError(2, "No such file or directory", name)
        return beside.get(name, given.data)

    ended = 0.0

    def checked(rules: TypedRules) -> TypedRules:
        nonlocal ended  # a check ends here: what is emitted is emitted when the rules are loaded
        ended = time.process_time()
        return rules

    around = replace(surroundings(), matching=lambda pattern: sorted(beside) if pattern.endswith("*.q") else [])
    begun = time.process_time()
    try:
        with _at_most(HANGS):
            made = compile_rules(f"{_FOLDER}/rules.q", library(), read, _FOLDER, around=around, tests=(), watch=checked)
            render_text(made.findings)
    except TooLong:
        return Outcome(frozenset(), HANGS, f"it had not ended after {HANGS:g} s of CPU")
    except Exception:  # noqa: BLE001 - whatever it is, it is what was looked for
        return Outcome(frozenset(), time.process_time() - begun, traceback.format_exc())
    seconds = (ended or time.process_time()) - begun
    findings = made.findings.sorted()
    shapes = frozenset(f"{finding.code} {_PARTICULAR.sub('…', finding.message)}" for finding in findings)
    broken = next((f.why or f.message for f in findings if f.code == "Q901" or _DEEP in f.message), "")
    return Outcome(shapes, seconds, broken or (f"it took {seconds:.2f} s of CPU" if seconds > LIMIT else ""))


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raises TooLong in the middle of whatever runs when it has used so much CPU."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
