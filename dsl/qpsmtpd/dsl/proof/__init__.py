"""What is proved of checked rules, before they may run: one file a question, findings collected, never raised.

Everything is decided about the same thing: every path through the hooks of a listener, walked at once, as literals of a
graph. What would be unsafe and cannot be excluded is refused; what would be useless is only told when it is sure.
"""

from __future__ import annotations

from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.proof import login, outage, relaying, required
from qpsmtpd.dsl.proof.hooks_walked import Walker
from qpsmtpd.dsl.proof.reach import Reach
from qpsmtpd.dsl.proof.relay import Relay
from qpsmtpd.dsl.proof.solver import Budget

SAFETY_STEPS = 150_000
"""Steps of the solver for what refuses rules: about half a second."""


def prove(rules: TypedRules, findings: Findings) -> None:
    """Adds a finding for each way in which these rules would be unsafe, and for rules that can never do anything."""
    walker = Walker(rules, Budget(SAFETY_STEPS))
    relays, reach = Relay(findings), Reach(findings)
    looked_at: set[int] = set()
    for listener in rules.listeners:
        hooks = walker.listener(listener)
        relaying.prove(listener, hooks, walker.firsts, findings)
        relays.prove(listener, hooks)
        login.prove(listener, hooks, rules.verifiers, findings)
        required.prove(listener, walker, findings)
        for hook, walked in hooks.items():
            if id(walked) not in looked_at:
                looked_at.add(id(walked))
                outage.prove(walked, walker.budget, findings)
                (reach.pass_by if hook in listener.in_doubt else reach.look)(walked)
    reach.report()
