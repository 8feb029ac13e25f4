"""`qpsmtpd doc [NAME]`: the manual's reference, printed from the program itself."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qpsmtpd.dsl.manual.pages import Chapter

_WIDEST = 110
"""Columns of a terminal that are used."""
_ELSEWHERE = 80
"""Columns where the output goes anywhere but to a terminal."""


@click.command("doc")
@click.argument("name", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True, help="How to print."
)
def command(name: str | None, form: str) -> int:
    """Look up functions, hooks, settings, types and more.

    Prints the pages of NAME: a function, policy, hook, readable name, verdict, type, filter or setting. A chapter's name (functions, hooks,
    ...) prints its overview. Without NAME, every name that has a page is listed.

    \b
    Examples:
      qpsmtpd doc
      qpsmtpd doc rcpthosts
      qpsmtpd doc settings
      qpsmtpd doc --format json dnsbl
    """
    from qpsmtpd.dsl.manual.chapters import chapters
    from qpsmtpd.runtime.resources import shipped_rules
    from qpsmtpd.runtime.service.library import library

    manual = chapters(library(), shipped_rules())
    click.echo(_topics(manual, form) if name is None else _named(name, manual, form), nl=False)
    return 0


def _topics(manual: Sequence[Chapter], form: str) -> str:
    from qpsmtpd.dsl.manual import as_json, as_markdown, as_text

    if form == "text":
        return as_text.topics(manual, _width())
    return as_json.topics(manual) if form == "json" else as_markdown.topics(manual)


def _named(name: str, manual: Sequence[Chapter], form: str) -> str:
    from qpsmtpd.dsl.manual import as_json, as_markdown, as_text
    from qpsmtpd.dsl.manual.chapters import chapter, pages

    overview, found = chapter(name, manual), pages(name, manual)
    if overview is None and not found:
        raise click.BadParameter(_unknown(name, manual), param_hint="NAME")
    if form == "json":
        return as_json.found_pages(found) if overview is None else as_json.overview(overview)
    if form == "markdown":
        return "\n".join(map(as_markdown.page, found)) if overview is None else as_markdown.overview(overview)
    return "\n".join(as_text.page(page, _width()) for page in found) if overview is None else as_text.overview(overview, _width())


def _unknown(name: str, manual: Sequence[Chapter]) -> str:
    from qpsmtpd.dsl.diagnostics.codes import codes
    from qpsmtpd.dsl.diagnostics.explain import canonical
    from qpsmtpd.dsl.manual.chapters import nearest
    from qpsmtpd.dsl.syntax.tokens import KEYWORDS

    if canonical(name) in codes():
        return f"the page of a diagnostic code is printed by `qpsmtpd explain {canonical(name)}`"
    if name in KEYWORDS:
        return f"`{name}` is a word of the language itself, which the manual's page on the language explains"
    return f"there is no page of `{name}`; {nearest(name, manual) or '`qpsmtpd doc` lists those that there are'}"


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else _ELSEWHERE
