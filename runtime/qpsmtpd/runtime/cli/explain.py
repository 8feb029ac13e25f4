"""`qpsmtpd explain CODE`: the page of a diagnostic code."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("code")
def command(code: str) -> int:
    """Explain a finding by its code.

    Prints the page of CODE: what it means, why it is so, what to avoid and what to write.

    \b
    Examples:
      qpsmtpd explain Q501
      qpsmtpd explain q303
    """
    from qpsmtpd.dsl.diagnostics.codes import codes
    from qpsmtpd.dsl.diagnostics.suggest import suggestion

    known = codes()
    entry = known.get(code.upper())
    if entry is None:
        near = suggestion(code.upper(), known)
        raise click.BadParameter(f"there is no code {code}{'; ' + near if near else ''}", param_hint="CODE")
    click.echo(entry.page.rstrip("\n"))
    return 0
