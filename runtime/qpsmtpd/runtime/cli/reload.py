"""`qpsmtpd reload`: has the running service take its changed rules into use, and waits for the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_PATIENCE = 120.0
"""Seconds for reading and compiling rules, however large, on a busy machine."""


@click.command("reload")
@click.argument("rules", required=False, type=click.Path(path_type=Path))
@click.option("--state-dir", type=click.Path(path_type=Path), help="The service's state folder, instead of RULES.")
@click.option("--force", is_flag=True, help="Also when a hook, a `require` or the last line `end` has vanished.")
def command(rules: Path | None, state_dir: Path | None, force: bool) -> int:
    """Take changed rules into use.

    Tells the service that runs with RULES to read them again. When something is wrong with them the old rules stay in use; the findings are
    printed and the exit code is 1. Without RULES it is the service that `qpsmtpd serve` without RULES started in this folder.

    \b
    Examples:
      qpsmtpd reload rules.q
      qpsmtpd reload --force rules.q
      qpsmtpd reload --state-dir /var/lib/qpsmtpd/state
    """
    from qpsmtpd.runtime.service.control import ask
    from qpsmtpd.runtime.service.find import state_folder

    folder = state_folder(rules, state_dir)
    # a service that hangs is told from one with large rules by a question that takes no time
    ask(folder, {"do": "status"})
    return _tell(ask(folder, {"do": "reload", "force": force}, patience=_PATIENCE))


def _tell(outcome: dict[str, Any]) -> int:
    loaded = outcome["result"] == "loaded"
    if outcome["text"]:
        click.echo(outcome["text"].rstrip("\n"), err=not loaded)
    for reason in outcome["reasons"]:
        click.echo(reason, err=True)
    if loaded:
        click.echo(f"The new rules are in use ({outcome['digest']}).")
        for setting in outcome["restarts"]:
            click.echo(f"{setting} needs a restart; until then the old value holds.")
        return 0
    if outcome["result"] == "refused":
        click.echo(f"The new rules are refused; the old ones ({outcome['digest']}) stay in use.", err=True)
        return 1
    click.echo(f"The rules could not be reloaded; the old ones ({outcome['digest']}) stay in use.", err=True)
    return 3
