"""What is wrong with tests in the language: one finding a mistake, in the words of the test."""

from __future__ import annotations

import pytest

from checked_rules import checked

RULES = """\
on connect: if dnsbl("zen.example") or earlytalker(wait = 2s) deny
on mail:
    @shy
    if sender == <> deny
on rcpt: unless rcpthosts(domain) deny
on queue: maildir("Maildir")
"""
TWO_LISTENERS = 'listener mx:\n    bind = "127.0.0.1:25"\nlistener inside:\n    bind = "127.0.0.1:587"\n'


def found(*steps: str, head: str = "", files: dict[str, str | bytes] | None = None):
    """What is found in a test with these steps; it gets an expectation at its end, so that it has one."""
    lines = [*steps, "expect 1 == 1"] if not any("expect" in step or "->" in step for step in steps) else list(steps)
    client = [] if any(line.startswith("client") for line in lines) else ["client 203.0.113.9"]
    text = RULES + head + 'test "t":\n' + "".join(f"    {line}\n" for line in [*client, *lines])
    return checked(text, files, tests=())


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        ('hello "x"', "Q801", "a test has no step `hello`; did you mean `helo`?"),
        ("client 203.0.113.999", "Q802", "is not an IP address"),
        ("client 192.0.2.0 5", "Q802", "takes the name that the DNS gives it"),
        ('client "203.0.113.9" "a b"', "Q802", '"a b" is not a domain'),
        ("client", "Q802", "`client` needs an IP address"),
        ("client 203.0.113.9 at mxx", "Q205", "there is no listener `mxx`"),
        ('helo "x" at default', "Q802", "`helo` is said at the listener where the client is; write `client … at default`"),
        ("helo", "Q802", "`helo` needs a text"),
        ("helo x", "Q802", "a text stands in quotes"),
        ('helo "x" "y"', "Q802", "this is too much behind `helo`"),
        ('helo "a\\nb"', "Q802", "a command is one line"),
        ('mail "example.net"', "Q802", 'there is no "@" in it'),
        ("mail 5", "Q802", "`mail` takes an address, or `<>`"),
        ('rcpt "a@-x"', "Q802", "is not a domain"),
        ("quit 5", "Q802", "this is too much behind `quit`"),
        ("wait", "Q802", "`wait` needs a duration"),
        ("wait 5", "Q802", "`wait` needs a duration; write `wait 5m`"),
        ("data", "Q802", "`data` needs the message"),
        ('data folder("x")', "Q802", "`data` needs the message"),
        ('data file("x.eml")', "Q808", 'the message "x.eml" cannot be read: no such file or directory'),
        ("at 2026-13-01T12:00:00Z", "Q802", "`2026-13-01T12:00:00Z` is no time"),
        ("rset -> skip", "Q804", "no step is answered by `skip`"),
        ("rset -> denny", "Q804", "no step is answered by `denny`"),
        ("rset -> deny 450", "Q804", "`deny` never has the code 450"),
        ("rset -> deny 5.7", "Q804", "`5.7` is no reply code"),
        ("rset -> accept 5.7.1", "Q804", "`accept` never has the code 5.7.1"),
        ("rset -> deny at rcpt", "Q804", "a step is answered when it is said, not at `rcpt`"),
        ("wait 5m -> accept", "Q804", "nothing answers `wait`"),
        ("rset -> deny by @shi", "Q806", "no rule has the label `@shi`; did you mean `shy`?"),
        ("expect fired @nothing", "Q806", "no rule has the label `@nothing`"),
        ("expect scoer == 0", "Q201", "`scoer` is not known"),
        ("expect score", "Q404", "score"),
        ("expect sender == <>", "Q301", "`sender` is not known in `connect`"),
    ],
)
def test_a_step_that_is_not_right_is_one_finding(step, code, says):
    outcome = found(step)
    assert outcome.codes == [code], outcome.told
    assert says in outcome.told


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        ('given dnsbll("zen.example") = none', "Q202", "there is no function `dnsbll`; did you mean `dnsbl`?"),
        ('given "x" = none', "Q202", "what is given is the answer of a function"),
        ("given bounce() = true", "Q202", "there is no function `bounce`"),
        ('given dnsbl(zone = "x.example", zone = "y.example") fails', "Q211", "twice"),
        ('given dnsbl("zen.example", 5) fails', "Q211", "this argument is too many: `dnsbl` takes 1 argument"),
        ('given dnsbl(zoen = "zen.example") fails', "Q210", "has no parameter `zoen`; did you mean `zone`?"),
        ('given dnsbl("zen") fails', "Q402", '"zen" is not a zone'),
        ("given earlytalker(wait = 1) fails", "Q403", "`1` has no unit"),
        ("given rcpthosts(domain) fails", "Q408", "outside of a hook"),
        ("given half(2) = 1", "Q803", "no answer can be given for `half`"),
        ('given add_header("X") = 1', "Q803", "no answer can be given for `add_header`"),
        ("given earlytalker() = none", "Q401", "the answer of `earlytalker` must be a bool"),
        ('given earlytalker() = "yes"', "Q401", "the answer of `earlytalker` must be a bool"),
        ("given standing() = ugly", "Q803", "`standing` cannot answer that"),
        ('given dnsbl("zen.example") = true', "Q803", "`dnsbl` cannot answer that"),
        ('given dnsbl("zen.example") = listings("x")', "Q803", "did you mean `listing`?"),
        ('given dnsbl("zen.example") = listing(text = "x")', "Q210", "`listing` has no parameter `text`"),
        ("given dnsbl() = listing(reason = 5)", "Q401", "`reason` of `listing` must be a text"),
        ("given maildir() = true", "Q803", "`maildir` cannot answer that"),
        ("given maildir() = refused(code = 5)", "Q210", "`refused` has no parameter `code`"),
    ],
)
def test_an_answer_that_cannot_be_given_is_one_finding(step, code, says):
    outcome = found(step, head="define bounce() = 1 == 1\non helo: if bounce() pass\n")
    assert outcome.codes == [code], outcome.told
    assert says in outcome.told


@pytest.mark.parametrize(
    "step",
    [
        'given dnsbl("zen.example") = none',
        'given dnsbl("zen.example") = listing(reason = "spam")',
        "given dnsbl() = listing",
        'given dnsbl() = listing(codes = ["127.0.0.2"], reason = "spam")',
        "given dnsbl fails",
        "given earlytalker(2s) = true",
        "given earlytalker(wait = patience) = true",
        "given standing() = bad",
        'given rcpthosts("example.org") fails',
        'given maildir("Maildir") = refused(text = "no room", enhanced = "5.2.2")',
        "given maildir() fails",
        'client 2001:db8::1 "h1.example.net" at default',
        'mail <> -> deny 550 "no" and disconnect by @shy',
        'mail "a@example.net" "SIZE=1000" -> accept',
        'rcpt "postmaster" -> reply 252',
        "auth ann",
        'say "MAIL FROM:<a@@b>" -> deny 501',
        "at 2026-01-31T12:00:00Z",
        "wait 1h30m",
        'data """From: a\n\n    hello"""',
        'data file("x.eml") -> defer 451 4.3.0',
        "expect fired @shy",
    ],
)
def test_a_proper_step_is_no_finding(step):
    files = {"/etc/q/x.eml": "From: a\n\nb\n"}
    outcome = found(step, head="let patience = 2s\non helo: if patience > 1s pass\n", files=files)
    assert outcome.codes in ([], ["Q604"]), outcome.told
    assert outcome.rules is not None and len(outcome.rules.trials) == 1


def test_a_client_comes_first():
    text = RULES + 'test "t":\n    helo "x" -> accept\n    client 203.0.113.9\n'
    assert checked(text, tests=()).codes == ["Q802"]


def test_expect_stands_behind_a_step():
    text = RULES + 'test "t":\n    expect score == 0\n    client 203.0.113.9\n'
    assert checked(text, tests=()).codes == ["Q802"]


def test_what_expect_reads_is_what_the_last_step_made_known():
    assert found('mail "a@example.net"', 'expect domain and domain == "example.net"').codes == []
    assert found('mail "a@example.net"', 'rcpt "x@example.org"', 'expect domain == "example.org"').codes == []
    assert found('data "x"', "expect message.size < 1KB and score == 0").codes == []
    assert found('mail "a@example.net"', "noop", "expect sender.local").codes == []


def test_a_test_that_expects_nothing_is_a_warning():
    outcome = checked(RULES + 'test "t":\n    client 203.0.113.9\n', tests=())
    assert outcome.codes == ["Q805"] and outcome.found[0].severity == "warning"


def test_two_tests_with_one_name_are_a_warning_that_shows_both():
    test = 'test "t":\n    client 203.0.113.9 -> accept\n'
    (finding,) = checked(RULES + test + test, tests=()).found
    assert finding.code == "Q809" and finding.severity == "warning" and finding.notes[0].span.line == finding.line - 2


def test_each_mistake_of_a_test_is_found_in_one_run():
    outcome = found("given dnsbll() fails", "hello", 'mail "x"', "rset -> deny 250", "expect scoer == 0")
    assert outcome.codes == ["Q202", "Q801", "Q802", "Q804", "Q201"], outcome.told


def test_the_only_listener_is_meant_without_a_name_and_the_first_of_several():
    outcome = found("rset -> accept", head=TWO_LISTENERS)
    assert outcome.codes == [] and outcome.rules is not None
    assert outcome.rules.trials[0].steps[0].listener == "mx"
    assert found("client 203.0.113.9 at inside").codes == ["Q205"]
    assert found("client 203.0.113.9 at inside -> accept", head=TWO_LISTENERS).codes == []


def test_tests_are_not_looked_at_where_none_is_wanted():
    outcome = checked(RULES + 'test "t":\n    hello\n')
    assert outcome.codes == [] and outcome.rules is not None and outcome.rules.trials == ()


@pytest.mark.parametrize("tests", [None, ()])
def test_what_only_a_test_uses_is_used(tests):
    text = (
        RULES + 'let patience = 2s\ntest "t":\n    given earlytalker(wait = patience) = false\n    client 203.0.113.9 -> accept\n'
    )
    assert checked(text, tests=tests).codes == []


POLICY = """\
policy shy(to: address, reject: verb = deny):
    on mail:
        @bounce
        if sender == <> reject
        if sender == to reject
"""


def of_policy(*steps: str):
    lines = "".join(f"    {line}\n" for line in steps)
    return checked(POLICY + 'test "t":\n' + lines, tests=())


def test_a_test_of_a_policy_alone_needs_no_listener_and_no_delivery():
    good = of_policy(
        'apply shy("a@example.net", reject = defer)', "client 203.0.113.9", 'helo "x"', "mail <> -> defer by @bounce"
    )
    assert good.codes == [], good.told
    assert good.rules is not None and good.rules.listeners == ()
    assert [*(good.rules.trials[0].alone or {})] == ["mail"]


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        ("apply shi()", "Q214", "there is no policy `shi`"),
        ("apply shy()", "Q211", "`to` of `shy` is missing"),
        ('apply shy("a@example.net", reject = accept)', "Q310", "must be a verdict"),
        ('apply shy("example.net")', "Q402", "is not an address"),
        ('apply shy("a@example.net") at mx', "Q802", "leave `at …` away"),
    ],
)
def test_what_is_wrong_with_a_policy_applied_by_a_test_is_one_finding(step, code, says):
    outcome = of_policy(step, "client 203.0.113.9 -> accept")
    assert outcome.codes == [code], outcome.told
    assert says in outcome.told


def test_rules_that_only_declare_can_be_tested_only_by_their_policies():
    outcome = of_policy("client 203.0.113.9 -> accept")
    assert outcome.codes == ["Q802"] and "these rules listen nowhere" in outcome.told
