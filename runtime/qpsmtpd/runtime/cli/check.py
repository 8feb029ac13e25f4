"""`qpsmtpd check`: reads rules without running them, and mends what can be mended."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qpsmtpd.runtime import __version__
from qpsmtpd.runtime.cli import COULD_NOT, NEGATIVE, OK

if TYPE_CHECKING:
    from qpsmtpd.dsl.diagnostics.findings import Findings
    from qpsmtpd.dsl.diagnostics.mend import Mended

_LEVELS = ("error", "warning", "note")
_STDIN = "<stdin>"


@click.command("check")
@click.argument("rules", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print: for people, for programs, for code scanning, as annotations of a GitHub workflow.",
)
@click.option(
    "--fail-level",
    type=click.Choice(_LEVELS),
    default="error",
    show_default=True,
    help="Exit with 1 when there is a finding of this severity or a worse one.",
)
@click.option(
    "--fix", is_flag=True, help="Mend the files where one repair is surely meant; print what was changed, and what is left."
)
@click.option("--diff", is_flag=True, help="With --fix: show what would be changed, and change nothing.")
def command(rules: tuple[str, ...], form: str, fail_level: str, fix: bool, diff: bool) -> int:
    """Check rules without running them.

    Reads the files RULES (`-` is standard input) with everything they use and the tests beside them, and prints what is wrong, where, why,
    and what to write instead. `qpsmtpd explain CODE` says more about a finding.

    \b
    Examples:
      qpsmtpd check rules.q
      qpsmtpd check --fail-level warning rules.q
      qpsmtpd check --fix --diff rules.q
      qpsmtpd check --format sarif mx.q submission.q
    """
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would change: give both")
    if fix and not diff and "-" in rules:
        raise click.UsageError("standard input cannot be changed; --fix --diff shows what would be")
    names = [_STDIN if name == "-" else str(Path(name)) for name in dict.fromkeys(rules)]
    files = _Files(names)
    readable = [name for name in names if files.can_read(name)]
    findings, written = _mended(readable, files, form=form, diff=diff) if fix else (_found(readable, files), True)
    complete = written and readable == names and not any(finding.code == "Q901" for finding in findings.sorted())
    if readable or form != "text":  # of nothing that was read nothing is to be said
        click.echo(_printed(findings, form, complete=complete, offer=not fix), nl=False)
    counts = findings.counts()
    refusing = any(counts[level] for level in _LEVELS[: _LEVELS.index(fail_level) + 1])
    return COULD_NOT if not complete else NEGATIVE if refusing else OK


class _Files:
    """The files of one run: each is read once."""

    def __init__(self, rules: list[str]) -> None:
        self._rules = rules
        self._contents: dict[str, bytes] = {}

    def can_read(self, name: str) -> bool:
        """Reads a rules file; says so when that cannot be done."""
        try:
            self.read(name)
        except OSError as error:
            click.echo(f"qpsmtpd: cannot read {name}: {error.strerror}", err=True)
            return False
        return True

    def read(self, name: str) -> bytes:
        """The octets of a file. Raises OSError."""
        if name not in self._contents:
            self._contents[name] = self._from_disk(name)
        return self._contents[name]

    def _from_disk(self, name: str) -> bytes:
        if name not in self._rules:
            from qpsmtpd.runtime.service.rules import content

            return content(Path(name))
        if name != _STDIN:
            return Path(name).read_bytes()
        with open(0, "rb", closefd=False) as stream:
            return stream.read()

    def write(self, name: str, after: bytes) -> bool:
        """Puts new octets in the place of a file's; says so when that cannot be done."""
        from qpsmtpd.runtime.rewrite import rewrite
        from qpsmtpd.runtime.service.rules import content

        try:
            now = content(Path(name))
            if now == after:  # it is named twice
                return True
            if now != self.read(name):
                raise OSError(errno.EBUSY, "it has changed since it was read")
            if not os.access(name, os.W_OK):
                raise PermissionError(errno.EACCES, "it is not to be written to")
            rewrite(Path(name), after)
        except OSError as error:
            click.echo(f"qpsmtpd: cannot change {name}: {error.strerror}", err=True)
            return False
        return True


def _found(names: list[str], files: _Files, contents: Mapping[str, bytes] | None = None) -> Findings:
    """What is found in the rules files; `contents` are octets to take in place of those of the disk."""
    from qpsmtpd.dsl.compile import checked_rules
    from qpsmtpd.dsl.diagnostics.findings import Findings
    from qpsmtpd.runtime.lab.files import sorted_out
    from qpsmtpd.runtime.service.library import library, surroundings

    instead, functions, around = contents or {}, library(), surroundings()

    def read(name: str) -> bytes:
        return instead[name] if name in instead else files.read(name)

    def found(name: str) -> Findings:
        (rules, *_), tests = sorted_out([Path(name)])
        return checked_rules(str(rules), functions, read, around=around, tests=[str(each) for each in tests])[1]

    return Findings.merged(map(found, names))


def _mended(names: list[str], files: _Files, *, form: str, diff: bool) -> tuple[Findings, bool]:
    """Mends the files, or shows how; returns what is found in them now, and whether all could be written."""
    from qpsmtpd.dsl.diagnostics.excerpt import visible
    from qpsmtpd.dsl.diagnostics.mend import mend

    mended = mend(lambda contents: _found(names, files, contents), files.read)
    err = form != "text"  # standard output belongs to whoever reads that form
    if diff:
        click.echo("".join(_difference(mended, files)), nl=False, err=err)
        return _found(names, files), True
    failed = [name for name, after in sorted(mended.contents.items()) if not files.write(name, after)]
    for finding, what in mended.done:
        if finding.file not in failed:
            place = f"{finding.file}:{finding.line}:{finding.column}"
            click.echo(visible(f"{place}: mended[{finding.code}] {finding.message}: {what}"), err=err)
    if mended.done:
        click.echo(err=err)
    return (_found(names, files), False) if failed else (mended.findings, True)


def _difference(mended: Mended, files: _Files) -> list[str]:
    from qpsmtpd.dsl.diagnostics.excerpt import visible
    from qpsmtpd.dsl.diagnostics.places import relative
    from qpsmtpd.runtime.difference import difference

    changed = ((name, files.read(name).decode(), after.decode()) for name, after in sorted(mended.contents.items()))
    lines = (line for name, *texts in changed for line in difference(relative(name, str(Path.cwd())), *texts))
    return [visible(line.rstrip("\n")) + "\n" for line in lines] if sys.stdout.isatty() else [*lines]


def _printed(findings: Findings, form: str, *, complete: bool, offer: bool) -> str:
    if form == "json":
        from qpsmtpd.dsl.diagnostics.render import render_json

        return render_json(findings)
    if form == "sarif":
        from qpsmtpd.dsl.diagnostics.sarif import render_sarif

        return render_sarif(findings, base=str(Path.cwd()), version=__version__, complete=complete)
    if form == "github":
        from qpsmtpd.dsl.diagnostics.github import render_github

        return render_github(findings, base=str(Path.cwd()))
    from qpsmtpd.dsl.diagnostics.render import render_text
    from qpsmtpd.runtime.terminal import colourful

    return render_text(findings, colour=colourful(sys.stdout)) + (_offer(findings) if offer and sys.stdout.isatty() else "")


def _offer(findings: Findings) -> str:
    """What a person may do next: nothing that a program or a test of rules would look for."""
    count = sum(finding.fix is not None for finding in findings.sorted())
    return f"{count} of them can be mended by `qpsmtpd check --fix`\n" if count else ""
