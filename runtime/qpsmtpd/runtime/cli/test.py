"""`qpsmtpd test`: runs the tests that stand in rules and beside them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qpsmtpd.runtime.cli import COULD_NOT, NEGATIVE, OK
from qpsmtpd.runtime.service.cannot import Cannot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qpsmtpd.runtime.lab.suite import Report


@click.command("test")
@click.argument("files", metavar="FILES...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-k", "names", metavar="NAME", multiple=True, help="Run only tests whose names contain this; may be given several times."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True, help="How to print."
)
@click.option("-v", "--verbose", is_flag=True, help="Show the dialogue of every test, not only of those that fail.")
@click.option("--coverage", is_flag=True, help="Show which rules and branches no test has come by.")
@click.option(
    "--coverage-format",
    type=click.Choice(["text", "json", "lcov"]),
    default="text",
    show_default=True,
    help="How to print the coverage.",
)
@click.option("--coverage-file", type=click.Path(path_type=Path, dir_okay=False), help="Write the coverage into this file.")
def command(
    files: tuple[Path, ...],
    names: tuple[str, ...],
    form: str,
    verbose: bool,
    coverage: bool,
    coverage_format: str,
    coverage_file: Path | None,
) -> int:
    """Run the tests of rules.

    FILES are rules files. The tests that stand in them, in the files they use, and in NAME.test.q beside each NAME.q are run against the real
    engine, without a network and with a clock of their own. Further files of tests may be named; a file of tests alone is for the rules beside it.

    \b
    Examples:
      qpsmtpd test rules.q
      qpsmtpd test -k relaying --verbose rules.q
      qpsmtpd test --coverage --coverage-format lcov --coverage-file lcov.info rules.q
    """
    from qpsmtpd.runtime.lab.files import sorted_out
    from qpsmtpd.runtime.lab.suite import run_tests

    if form != "text" and coverage and coverage_file is None:
        raise click.UsageError(f"with --format {form} the coverage goes into a file: --coverage-file")
    rules, tests = sorted_out(files)
    missing = [path for path in (*rules, *tests) if not _can_read(path)]
    if missing:
        return COULD_NOT
    reports = [run_tests(path, tests, names) for path in rules]
    _print(reports, form, verbose)
    if coverage or coverage_file is not None or coverage_format != "text":
        _cover(reports, coverage_format, coverage_file)
    return _exit_code(reports)


def _cover(reports: Sequence[Report], form: str, file: Path | None) -> None:
    from qpsmtpd.runtime.lab.coverage import coverage
    from qpsmtpd.runtime.lab.coverage_report import data_of, lcov_of, text_of

    ran = [report for report in reports if report.bench is not None]
    found = coverage((report.bench, report.outcomes) for report in ran if report.bench is not None)
    if form == "json":
        text = json.dumps(data_of(found), indent=2) + "\n"
    elif form == "lcov":
        text = lcov_of(found)
    else:
        text = text_of(found, {name: lines for report in ran for name, lines in report.findings.sources.items()})
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise Cannot(f"cannot write {file}: {error.strerror}") from error


def _can_read(path: Path) -> bool:
    from qpsmtpd.runtime.service.rules import content

    try:
        content(path)
    except OSError as error:
        click.echo(f"qpsmtpd: cannot read {path}: {error.strerror}", err=True)
        return False
    return True


def _print(reports: Sequence[Report], form: str, verbose: bool) -> None:
    from qpsmtpd.dsl.diagnostics.render import render_text
    from qpsmtpd.runtime.lab.report_data import data_of, junit_of
    from qpsmtpd.runtime.lab.report_text import text_of
    from qpsmtpd.runtime.terminal import colourful

    for report in reports:
        counts = report.findings.counts()
        if report.bench is None or counts["warning"]:
            click.echo(render_text(report.findings, colour=colourful(sys.stderr)), nl=False, err=True)
    if form == "json":
        click.echo(json.dumps(data_of(reports), indent=2))
    elif form == "junit":
        click.echo(junit_of(reports), nl=False)
    elif any(report.bench is not None for report in reports):
        click.echo(text_of(reports, colour=colourful(sys.stdout), verbose=verbose), nl=False)


def _exit_code(reports: Sequence[Report]) -> int:
    if any(finding.code == "Q901" for report in reports for finding in report.findings.sorted()):
        return COULD_NOT
    if any(report.bench is None or report.failed for report in reports):
        return NEGATIVE
    if not any(report.outcomes for report in reports):
        click.echo("qpsmtpd: there are no tests" + (" of that name" if any(r.left_out for r in reports) else ""), err=True)
        return COULD_NOT
    return OK
