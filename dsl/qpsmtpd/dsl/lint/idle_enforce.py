"""Q614: an `enforce` that can never say anything, because no rule keeps a verdict for its hook."""

from __future__ import annotations

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.everywhere import Everywhere
from qpsmtpd.dsl.check.flow import blocks_with
from qpsmtpd.dsl.check.reached import reached
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.hooks import HOOKS


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each `enforce` that is idle on every listener that has it."""
    idle: Everywhere[str] = Everywhere()
    enforcing = blocks_with(rules, lambda statement: isinstance(statement, x.Enforce))
    for listener in rules.listeners:
        if enforcing.isdisjoint(id(block) for blocks in listener.hooks.values() for block in blocks):
            continue
        found = [(hook, here) for hook, blocks in listener.hooks.items() for here in reached(blocks, listener.name)]
        kept = {h.statement.at for _, h in found if isinstance(h.statement, x.Decide) and not h.shadow}
        for hook, here in found:
            if isinstance(here.statement, x.Enforce):
                sources = {name for name, other in HOOKS.items() if hook in other.later}
                doubtful = bool(sources & listener.in_doubt)
                idle.saw(here.statement.span, None if hook in kept or doubtful else hook)
    for span, hook in idle:
        keepers = [name for name, other in HOOKS.items() if hook in other.later]
        findings.add(
            "Q614",
            span,
            f"this `enforce` never has anything to say: no rule keeps a verdict for `{hook}`",
            why=f"`enforce` says what `deny at {hook}` or `defer at {hook}` has decided earlier",
            help=f"take it away, or keep a verdict in {words(keepers)}",
        )
