"""What a call says of its own failure: `timeout =` and `on_error =`."""

import pytest

from checked_rules import checked
from qpsmtpd.dsl.check.flow import calls, expressions
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Function, OnError
from qpsmtpd.dsl.proof import prove


def function_of(rule: str) -> Function:
    outcome = checked(f"on connect: if {rule} deny\n")
    assert outcome.codes == [], outcome.told
    (statement,) = outcome.body("connect")
    (call,) = (c for e in expressions(statement) for c in calls(e, {}))
    return call.function


def test_a_call_has_the_declared_deadline_and_policy_unless_it_says_otherwise() -> None:
    assert (function_of('dnsbl("zen.test")').timeout, function_of('dnsbl("zen.test")').on_error) == (5.0, OnError.UNKNOWN)


def test_a_call_may_name_its_deadline_and_policy() -> None:
    function = function_of('dnsbl("zen.test", timeout = 250ms, on_error = defer)')
    assert (function.timeout, function.on_error) == (0.25, OnError.DEFER)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("timeout = 5", "Q403"),
        ("timeout = 0s", "Q409"),
        ("on_error = accept", "Q409"),
        ("on_error = deferr", "Q409"),
        ("timeout = defer", "Q401"),
        ("timeuot = 5s", "Q210"),
    ],
)
def test_a_wrong_deadline_or_policy_is_found(arguments: str, code: str) -> None:
    assert checked(f'on connect: if dnsbl("zen.test", {arguments}) deny\n').codes == [code]


def test_a_function_that_cannot_fail_takes_neither() -> None:
    assert checked("on mail: if half(2, timeout = 5s) > 1 deny\n").codes == ["Q210"]


def test_a_gate_that_lets_mail_through_while_it_fails_is_an_open_relay() -> None:
    outcome = checked("on rcpt: unless rcpthosts(domain, on_error = unknown) deny\n")
    assert outcome.rules is not None
    findings = Findings()
    prove(outcome.rules, findings)
    assert [f.code for f in findings.sorted()] == ["Q504"]
    assert "cannot be answered" in findings.sorted()[0].notes[0].text
