"""`qpsmtpd trace`: shows what the rules do with one imaginary session."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qpsmtpd.runtime.cli import NEGATIVE, OK
from qpsmtpd.runtime.service.cannot import Cannot

if TYPE_CHECKING:
    from qpsmtpd.runtime.lab.trace import Order


@click.command("trace")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--client", "ip", metavar="IP", required=True, help="The client's address.")
@click.option("--rdns", metavar="NAME", default="", help="Its name in the DNS, instead of asking for it.")
@click.option("--at", "listener", metavar="LISTENER", default="", help="The listener; the first one unless given.")
@click.option("--helo", metavar="NAME", default="", help="What it calls itself; its name or address unless given.")
@click.option("--tls", is_flag=True, help="As if the connection were encrypted.")
@click.option("--auth", "user", metavar="USER", default="", help="As if this user had authenticated.")
@click.option("--mail", metavar="ADDRESS", required=True, help="The sender; empty or <> for the null sender.")
@click.option("--rcpt", metavar="ADDRESS", multiple=True, required=True, help="A recipient; may be given several times.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def command(rules: Path, form: str, **said: Any) -> int:
    """Show what rules do with one imaginary session.

    Runs the session through the rules in RULES with the real engine and real lookups, and shows every rule that it meets, what each reads and
    why it decides or not. Nothing is delivered, and nobody is told. A message on standard input is sent after DATA.

    \b
    Examples:
      qpsmtpd trace rules.q --client 192.0.2.1 --mail ann@example.net --rcpt bob@example.org
      qpsmtpd trace rules.q --client 192.0.2.1 --mail "" --rcpt bob@example.org < message.eml
    """
    from qpsmtpd.dsl.diagnostics.render import render_text
    from qpsmtpd.runtime.lab.story import story
    from qpsmtpd.runtime.lab.trace import trace
    from qpsmtpd.runtime.lab.trace_report import data_of, text_of
    from qpsmtpd.runtime.terminal import colourful

    order = _order(said)
    try:
        traced = trace(rules, order)
    except OSError as error:
        raise Cannot(f"cannot read {rules}: {error.strerror}") from error
    except KeyError as error:
        raise click.BadParameter(f"there is no listener {error.args[0]}", param_hint="--at") from error
    if traced.bench is None:
        click.echo(render_text(traced.findings, colour=colourful(sys.stderr)), nl=False, err=True)
        return NEGATIVE
    told = story(traced.events, traced.bench)
    click.echo(json.dumps(data_of(told), indent=2) if form == "json" else text_of(told), nl=form == "json")
    return OK


def _order(said: dict[str, Any]) -> Order:
    """What the command line asks for. Raises click.BadParameter."""
    from qpsmtpd.dsl.check.literals import Malformed, domain, ip
    from qpsmtpd.runtime.lab.trace import Order

    try:
        client = str(ip(said["ip"]))
    except Malformed as error:
        raise click.BadParameter(str(error), param_hint="--client") from error
    try:
        name = domain(said["rdns"]) if said["rdns"] else ""
    except Malformed as error:
        raise click.BadParameter(str(error), param_hint="--rdns") from error
    bare = {"mail": _bare(said["mail"]), "rcpt": tuple(map(_bare, said["rcpt"]))}
    return Order(**{**said, **bare, "ip": client, "rdns": name}, message=_message())


def _bare(path: str) -> str:
    return path.removeprefix("<").removesuffix(">")


def _message() -> bytes | None:
    """What stands on standard input; None when that is a terminal, or empty."""
    if sys.stdin is None or sys.stdin.isatty():
        return None
    return sys.stdin.buffer.read() or None
