"""`qpsmtpd show`: the rules that are in effect, each line with its place."""

from __future__ import annotations

import json
from pathlib import Path

import click

from qpsmtpd.runtime.cli import NEGATIVE, OK


@click.command("show")
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--hook", help="Only the rules of this hook.")
@click.option("--at", metavar="LISTENER", help="Only the rules of this listener.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def command(rules: Path, hook: str | None, at: str | None, form: str) -> int:
    """Show the rules that are in effect.

    Prints for each listener and hook of the file RULES what runs there, in order: files of `use` and policies of `apply` are put in their
    place, and every line and value comes with the place where it is written.

    \b
    Examples:
      qpsmtpd show rules.q
      qpsmtpd show --hook rcpt --at mx rules.q
      qpsmtpd show --format json rules.q
    """
    from qpsmtpd.dsl.compile import checked_rules
    from qpsmtpd.dsl.diagnostics.render import render_text
    from qpsmtpd.dsl.show import as_object, render, show
    from qpsmtpd.runtime.service.cannot import Cannot
    from qpsmtpd.runtime.service.library import library, surroundings
    from qpsmtpd.runtime.service.rules import content

    _known_hook(hook)
    try:
        content(rules)
    except OSError as error:
        raise Cannot(f"cannot read {rules}: {error.strerror}") from None
    around = surroundings()
    typed, findings = checked_rules(str(rules), library(), lambda name: content(Path(name)), around=around)
    if typed is None or findings.errors:
        click.echo(render_text(findings), nl=False, err=True)
        return NEGATIVE
    names = [listener.name for listener in typed.listeners]
    if at is not None and at not in names:
        raise click.BadParameter(f"there is no listener {at}; the listeners are {', '.join(names)}", param_hint="--at")
    shown = show(typed, findings.sources, str(rules), shipped=around.shipped, hook=hook or "", at=at or "")
    click.echo(json.dumps(as_object(shown), indent=2) if form == "json" else render(shown).rstrip("\n"))
    return OK


def _known_hook(hook: str | None) -> None:
    from qpsmtpd.dsl.diagnostics.suggest import suggestion
    from qpsmtpd.dsl.model.hooks import HOOKS

    if hook is not None and hook not in HOOKS:
        near = suggestion(hook, HOOKS)
        raise click.BadParameter(f"there is no hook {hook}{'; ' + near if near else ''}", param_hint="--hook")
