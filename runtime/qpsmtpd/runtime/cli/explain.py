"""`qpsmtpd explain [CODE]`: the page of a diagnostic code, or the list of all codes."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Explain a finding by its code.

    Prints the page of CODE: what it means, why it is so, what to avoid and what to write. Without a code it lists them all.

    \b
    Examples:
      qpsmtpd explain Q501
      qpsmtpd explain 303
      qpsmtpd explain
    """
    from qpsmtpd.dsl.diagnostics.explain import explain, listing, nearest

    if code is None:
        click.echo(listing(), nl=False)
        return 0
    page = explain(code)
    if page is None:
        near = nearest(code)
        meant = f"; did you mean `{near}`?" if near else "; `qpsmtpd explain` lists them all"
        raise click.BadParameter(f"there is no code {code}{meant}", param_hint="CODE")
    click.echo(page, nl=False)
    return 0
