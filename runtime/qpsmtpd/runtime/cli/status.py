"""`qpsmtpd status`: asks the running service how it is."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("status")
@click.argument("rules", required=False, type=click.Path(path_type=Path))
@click.option("--state-dir", type=click.Path(path_type=Path), help="The service's state folder, instead of RULES.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(rules: Path | None, state_dir: Path | None, as_json: bool) -> int:
    """Show what the service is doing.

    Asks the service that runs with RULES for its rules, its last reload, listeners, sessions and counters. Without RULES it is the one that
    `qpsmtpd serve` without RULES started in this folder.

    \b
    Examples:
      qpsmtpd status rules.q
      qpsmtpd status --json rules.q
      qpsmtpd status --state-dir /var/lib/qpsmtpd/state
    """
    from qpsmtpd.runtime.service.control import ask
    from qpsmtpd.runtime.service.find import state_folder
    from qpsmtpd.runtime.service.status import in_words

    status = ask(state_folder(rules, state_dir), {"do": "status"})
    click.echo(json.dumps(status, indent=2) if as_json else in_words(status))
    return 0
