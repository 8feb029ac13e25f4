"""Throws mutated rules and data files at the checker until the time is over.

    python -m fuzz --minutes 60 --seed 1        (in tests/, with the project's environment)

Prints how many inputs were tried, how many sets of findings they gave, and the slowest; writes each input that broke
something or took too long into a folder. Exit code 1 when there was one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import click

from fuzz.trial import Input, Outcome, drawn, tried


def run(seed: int, until: float) -> Iterator[tuple[Input, Outcome]]:
    """Inputs and what became of them, one after the other, until a time of the monotonic clock."""
    draw = random.Random(seed)
    while time.monotonic() < until:
        given = drawn(draw)
        yield given, tried(given)


@click.command()
@click.option("--minutes", type=float, default=60, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default="fuzz-found",
    show_default=True,
    help="Where inputs go that broke something.",
)
def main(minutes: float, seed: int, keep: Path) -> None:
    """Throw mutated rules and data files at the checker."""
    count, slowest, kinds, faults = 0, 0.0, set[frozenset[str]](), 0
    for given, outcome in run(seed, time.monotonic() + 60 * minutes):
        count += 1
        slowest = max(slowest, outcome.seconds)
        kinds.add(outcome.codes)
        if outcome.fault:
            faults += 1
            _keep(keep / f"{seed}-{count}", given, outcome)
    click.echo(
        f"{count} inputs in {minutes:g} minutes, {len(kinds)} sets of findings, the slowest took {slowest:.2f} s of CPU, {faults} faults"
    )
    raise SystemExit(1 if faults else 0)


def _keep(folder: Path, given: Input, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.q").write_bytes(given.rules)
    (folder / "data").write_bytes(given.data)
    (folder / "why.txt").write_text(outcome.fault, "utf-8")


if __name__ == "__main__":
    main()
