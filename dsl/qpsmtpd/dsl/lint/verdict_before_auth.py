"""Q610: clients of a listener that offers AUTH are refused by a lookup before they can authenticate."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.check.reached import Reached, reached
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.services import EarlyTalk
from qpsmtpd.dsl.model.settings import Auth
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

_BEFORE_AUTH = ("pre_connection", "connect", "helo")


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each refusal at such a listener, or for the `apply` line that brings it there."""
    found: dict[Span, list[str]] = {}
    for listener in rules.listeners:
        if listener.settings.auth != Auth.OFF:
            for here in _refusals(listener):
                names = found.setdefault(here.place, [])
                names += [listener.name] * (listener.name not in names)
    without = [listener.name for listener in rules.listeners if listener.settings.auth == Auth.OFF]
    for span, names in found.items():
        findings.add(
            "Q610",
            span,
            f"at {words(names, 'and')} this refuses clients before they can authenticate",
            why="people who send from home or from a phone have addresses that are listed by design",
            allowed="what is found out about the client can be used once it is known whether it has authenticated: from `mail` on",
            help=(f"say where this is meant: `at {', '.join(without)}`; or " if without else "")
            + "keep the verdict: `deny at rcpt` is dropped for clients who have authenticated by then",
        )


def _refusals(listener: x.TypedListener) -> Iterator[Reached]:
    for hook in _BEFORE_AUTH:
        for here in reached(listener.hooks.get(hook, ()), listener.name):
            verdict = here.statement
            if isinstance(verdict, x.Decide) and verdict.final and verdict.verb in (Verb.DENY, Verb.DEFER) and not here.shadow:
                asked = [under.condition for under in here.under if under.holds is not None]
                if any(_asks_about_the_client(part) for condition in asked for part in parts(condition)):
                    yield here


def _asks_about_the_client(part: x.Expr) -> bool:
    """True for a lookup, but for one that watches what the client does just now."""
    if not isinstance(part, x.FunctionCall) or part.function.kind is not Kind.LOOKUP:
        return False
    return all(service is not EarlyTalk for _, service in part.function.services)
