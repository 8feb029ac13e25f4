"""`qpsmtpd check`: reads rules without running them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qpsmtpd.runtime.cli import COULD_NOT, NEGATIVE, OK

if TYPE_CHECKING:
    from qpsmtpd.dsl.diagnostics.findings import Findings

_LEVELS = ("error", "warning", "note")


@click.command("check")
@click.argument("rules", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
@click.option(
    "--fail-level",
    type=click.Choice(_LEVELS),
    default="error",
    show_default=True,
    help="Exit with 1 when there is a finding of this severity or a worse one.",
)
def command(rules: tuple[Path, ...], form: str, fail_level: str) -> int:
    """Check rules without running them.

    Reads the files RULES with everything they use, and prints what is wrong, where, why, and what to write instead. `qpsmtpd explain CODE`
    says more about a finding.

    \b
    Examples:
      qpsmtpd check rules.q
      qpsmtpd check --fail-level warning rules.q
      qpsmtpd check --format json mx.q submission.q
    """
    readable = [path for path in rules if _can_read(path)]
    found = [_findings(path) for path in readable]
    if form == "json":
        _print_json(found)
    else:
        _print_text(readable, found)
    if len(readable) < len(rules) or any(finding.code == "Q901" for each in found for finding in each.sorted()):
        return COULD_NOT
    counts = [each.counts() for each in found]
    refusing = _LEVELS[: _LEVELS.index(fail_level) + 1]
    return NEGATIVE if any(count[level] for count in counts for level in refusing) else OK


def _can_read(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.peek(1)
    except OSError as error:
        click.echo(f"qpsmtpd: cannot read {path}: {error.strerror}", err=True)
        return False
    return True


def _findings(path: Path) -> Findings:
    from qpsmtpd.dsl.compile import compile_rules
    from qpsmtpd.runtime.service.library import library, surroundings

    return compile_rules(str(path), library(), lambda name: Path(name).read_bytes(), around=surroundings()).findings


def _print_text(paths: list[Path], found: list[Findings]) -> None:
    from qpsmtpd.dsl.diagnostics.render import render_text

    colour = sys.stdout.isatty()
    for path, each in zip(paths, found, strict=True):
        if len(paths) > 1 and not each.sorted():
            click.echo(f"{path}: ", nl=False)
        click.echo(render_text(each, colour=colour), nl=False)


def _print_json(found: list[Findings]) -> None:
    from qpsmtpd.dsl.diagnostics.render import render_json

    click.echo(json.dumps([finding for each in found for finding in json.loads(render_json(each))], indent=2))
