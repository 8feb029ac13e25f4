"""`qpsmtpd fmt`: puts rules files into the one form that they are kept in."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click

from qpsmtpd.runtime.cli import COULD_NOT, NEGATIVE, OK

_STDIN = "-"


@click.command("fmt")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Change nothing; name what is not formatted, and exit with 1 when something is not.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change, and exit with 1 when something would.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Format rules files.

    Puts each FILE into the one form that rules are kept in, and says which ones that changed: blanks, indentation and blank lines. Rules and comments stay as they are.
    A folder stands for every .q file below it. `-` reads from standard input and prints the result.
    What does not parse is left as it is; the findings are printed and the exit code is 1.

    \b
    Examples:
      qpsmtpd fmt rules.q
      qpsmtpd fmt --diff rules.q
      qpsmtpd fmt --check .
    """
    if _STDIN in files and len(files) > 1:
        raise click.UsageError("`-` stands alone: what comes from standard input goes to standard output")
    troubles: list[str] = []
    names = [name for file in files for name in _meant(file, troubles)]
    outcomes = [_cannot(trouble) for trouble in troubles]
    outcomes += [_format(name, check=check, diff=diff) for name in dict.fromkeys(names)]
    return max(outcomes)


def _meant(file: str, troubles: list[str]) -> list[str]:
    """The file itself, or every rules file below it; what cannot be read of the folder is added to the troubles."""
    if file == _STDIN or not _is_folder(file):
        return [file]
    before = len(troubles)
    found: list[str] = []
    for folder, _, names in os.walk(file, onerror=lambda error: troubles.append(_said("read", error.filename, error))):
        found += [str(Path(folder, name)) for name in names if name.endswith(".q")]
    if not found and len(troubles) == before:
        troubles.append(f"there is no rules file (*.q) below {file}")
    return sorted(found)


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except OSError:
        return False  # reading it will say why


def _format(name: str, *, check: bool, diff: bool) -> int:
    from qpsmtpd.dsl.diagnostics.findings import Findings
    from qpsmtpd.dsl.diagnostics.render import render_text
    from qpsmtpd.dsl.syntax.format import formatted
    from qpsmtpd.dsl.syntax.text import decode
    from qpsmtpd.runtime.terminal import colourful

    try:
        before = _read(name)
    except OSError as error:
        return _cannot(_said("read", name, error))
    shown = "<stdin>" if name == _STDIN else name
    findings = Findings()
    after = formatted(decode(before, shown, findings), shown, findings).encode()
    if findings.errors:
        click.echo(render_text(findings, colour=colourful(sys.stderr)), err=True, nl=False)
        click.echo(f"{shown} is left as it is", err=True)
        return NEGATIVE
    if check or diff:
        return _compare(shown, before, after, diff=diff)
    return _write(name, before, after)


def _read(name: str) -> bytes:
    """What the file holds. Raises OSError; nothing is waited for but standard input."""
    if name == _STDIN:
        return sys.stdin.buffer.read()
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is no regular file")
        return file.read()


def _compare(shown: str, before: bytes, after: bytes, *, diff: bool) -> int:
    if before == after:
        return OK
    if diff:
        from qpsmtpd.runtime.difference import difference

        click.echo("".join(difference(shown, before.decode(), after.decode())).encode(errors="surrogateescape"), nl=False)
    else:
        click.echo(f"would format {shown}")
    return NEGATIVE


def _write(name: str, before: bytes, after: bytes) -> int:
    from qpsmtpd.runtime.rewrite import rewrite

    if name == _STDIN:
        click.echo(after, nl=False)
    elif before != after:
        try:
            rewrite(Path(name), after)
        except OSError as error:
            return _cannot(_said("write", name, error))
        click.echo(f"formatted {name}")
    return OK


def _said(what: str, name: str, error: OSError) -> str:
    return f"cannot {what} {name}: {error.strerror}"


def _cannot(trouble: str) -> int:
    click.echo(f"qpsmtpd: {trouble}", err=True)
    return COULD_NOT
