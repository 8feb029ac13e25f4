"""The list of the diagnostic codes. Their pages are files of their own, which `qpsmtpd explain` prints."""

from __future__ import annotations

from qpsmtpd.dsl.diagnostics import codes as registry
from qpsmtpd.dsl.manual.pages import Chapter, Prose, table

_PAGES = "../../dsl/qpsmtpd/dsl/diagnostics/pages"


def codes() -> Chapter:
    """Every code, with the way to its page in the repository."""
    rows = ([f"[{c.name}]({_PAGES}/{c.name}.md)", c.severity, c.title] for c in registry.codes().values())
    intro = "What `qpsmtpd check` can find. `qpsmtpd explain Q501` prints a page: what, why, what to avoid, what to prefer."
    return Chapter("codes", "Diagnostic codes", (Prose(intro), table(["code", "severity", "title"], rows)))
