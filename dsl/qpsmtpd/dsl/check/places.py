"""Decides whether a written hook or listener is one, and says which there are."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.fix import respelt
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.syntax.tree import Name


def known_hook(name: Name, findings: Findings) -> bool:
    """True for the name of a hook; else there is a finding."""
    if name.text not in HOOKS:
        allowed = f"the hooks are {words(HOOKS, 'and')}"
        help, fix = suggestion(name.text, HOOKS), respelt(name.span, name.text, HOOKS)
        findings.add("Q203", name.span, f"there is no hook `{name.text}`", allowed=allowed, help=help, fix=fix)
    return name.text in HOOKS


def known_listener(name: Name, listeners: Sequence[str], findings: Findings) -> bool:
    """True for the name of a listener; else there is a finding."""
    if name.text not in listeners:
        several = f"the listeners are {words(listeners, 'and')}"
        findings.add(
            "Q205",
            name.span,
            f"there is no listener `{name.text}`",
            allowed=several if len(listeners) != 1 else f"the only listener is `{listeners[0]}`",
            help=suggestion(name.text, listeners),
        )
    return name.text in listeners
