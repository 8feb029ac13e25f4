"""What is proved of rules that stand in a text, with the small library of `checked_rules`."""

from __future__ import annotations

from checked_rules import checked
from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.proof import prove

GATE = "on rcpt: unless rcpthosts(domain) deny\n"


def proved(text: str) -> list[Finding]:
    """The findings of the proofs; the text itself must be without errors."""
    outcome = checked(text)
    assert [f for f in outcome.found if f.severity == "error"] == [], outcome.told
    assert outcome.rules is not None
    findings = Findings()
    prove(outcome.rules, findings)
    return findings.sorted()


def codes(text: str) -> list[str]:
    """The codes of what is unsafe."""
    return [f.code for f in proved(text) if f.code.startswith("Q5")]


def only(text: str) -> Finding:
    """The only thing that is unsafe."""
    (finding,) = [f for f in proved(text) if f.code.startswith("Q5")]
    return finding
