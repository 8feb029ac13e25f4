"""Q605: a condition whose answer is already known when the rules load."""

from __future__ import annotations

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import Knowledge, statements
from qpsmtpd.dsl.diagnostics.findings import Findings


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each `if` that always or never holds by its constants alone."""
    hooks = (each for listener in rules.listeners for each in listener.hooks.items())
    for hook, blocks in hooks:
        for statement in (s for block in blocks for s in statements(block.body)):
            if isinstance(statement, x.Choose):
                _condition(statement.condition, Knowledge(hook), findings)


def _condition(condition: x.Expr, knowledge: Knowledge, findings: Findings) -> None:
    for truth, word in ((True, "never true"), (False, "always true")):
        if knowledge.gained(condition, truth) is None:
            findings.add(
                "Q605",
                condition.span,
                f"this condition is {word}",
                why="its answer follows from constants alone, whatever the client does",
                help="take it away, or ask what was meant",
            )
