"""Throws mutated rules and data files at the checker until the time is over.

    python -m fuzz --minutes 60 --seed 1        (in tests/, with the project's environment)
    python -m fuzz --again fuzz-found/1000-77   (tries a kept input again)

Prints how many inputs were tried, how many kinds of findings they gave, and the slowest; writes each input that broke
something or took too long into a folder. Exit code 1 when there was one.
"""

from __future__ import annotations

from pathlib import Path

import click

from fuzz.trial import tried
from fuzz.work import all_workers, kept


@click.command()
@click.option("--minutes", type=float, default=60, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--workers", type=int, default=1, show_default=True, help="Processes that look at the same time.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default="fuzz-found",
    show_default=True,
    help="Where inputs go that broke something.",
)
@click.option("--again", type=click.Path(path_type=Path, exists=True), help="Try only the input kept in this folder.")
def main(minutes: float, seed: int, workers: int, keep: Path, again: Path | None) -> None:
    """Throw mutated rules and data files at the checker."""
    if again is not None:
        outcome = tried(kept(again))
        click.echo(f"{outcome.seconds:.2f} s of CPU; {outcome.fault or 'no fault'}")
        raise SystemExit(1 if outcome.fault else 0)
    total = all_workers(workers, seed, minutes, keep)
    click.echo(
        f"{total.inputs} inputs in {minutes:g} minutes, {len(total.shapes)} kinds of findings, "
        f"the slowest took {total.slowest:.2f} s of CPU, {total.faults} faults"
    )
    raise SystemExit(1 if total.faults else 0)


if __name__ == "__main__":
    main()
