"""`qpsmtpd serve`: runs the service in the foreground."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("serve")
@click.argument("rules", required=False, type=click.Path(path_type=Path))
@click.option(
    "--loop",
    type=click.Choice(["auto", "asyncio", "uvloop"]),
    default="auto",
    show_default=True,
    help="The event loop; auto takes uvloop where it is installed.",
)
def command(rules: Path | None, loop: str) -> int:
    """Run the service.

    With the rules file RULES; without it: mail for localhost into a Maildir, on port 2525 of this machine, with everything kept in
    ./qpsmtpd-data. The rules are checked first; with an error in them nothing is started.

    SIGHUP or `qpsmtpd reload` takes changed rules into use, SIGTERM lets running messages finish and stops.

    \b
    Examples:
      qpsmtpd serve
      qpsmtpd serve rules.q
      qpsmtpd serve --loop asyncio rules.q
    """
    from qpsmtpd.runtime.resources import rules_dir
    from qpsmtpd.runtime.service.find import QUICK_START_FOLDER
    from qpsmtpd.runtime.service.serve import Order, serve

    if rules is not None:
        return serve(Order(rules.absolute(), None, loop))
    return serve(Order(Path(str(rules_dir() / "quickstart.q")), Path.cwd() / QUICK_START_FOLDER, loop))
