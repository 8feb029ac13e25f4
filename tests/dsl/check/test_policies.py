"""Policies: what their parameters are, where their rules stand, and that their names are their own."""

from __future__ import annotations

import pytest

from checked_rules import checked
from proved_rules import codes as codes_of_proofs
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.flow import statements
from qpsmtpd.dsl.check.typed import Choose, Decide, Stmt
from qpsmtpd.dsl.model.verdicts import Verb
from rules_in_the_lab import passes

_POLICY = """policy quota(most: number = 5, reject: verb = deny):
    "Limits the recipients."
    on rcpt: if len(recipients) > most reject 5.5.3 "Too many"
"""


def _decisions(body: tuple[Stmt, ...]) -> list[Decide]:
    return [s for s in statements(body) if isinstance(s, Decide)]


def test_the_rules_of_a_policy_stand_where_it_is_applied():
    outcome = checked(_POLICY + 'on rcpt: deny "first"\napply quota()\non rcpt: deny "last"')
    assert outcome.codes == []
    assert [b.span.line for b in outcome.blocks("rcpt")] == [4, 3, 6]
    assert [line.span.line for line in outcome.blocks("rcpt")[1].applied] == [5]


@pytest.mark.parametrize(
    ("verb", "kind", "code", "enhanced"),
    [
        ("deny", Verb.DENY, 550, "5.5.3"),
        ("defer", Verb.DEFER, 450, "4.5.3"),
        ("deny and disconnect", Verb.DENY, 550, "5.5.3"),
        ("defer at data", Verb.DEFER, 451, "4.5.3"),
    ],
)
def test_the_class_of_codes_follows_the_verb_parameter(verb, kind, code, enhanced):
    outcome = checked(_POLICY + f"apply quota(reject = {verb})")
    (decided,) = _decisions(outcome.body("rcpt"))
    assert (decided.verb, decided.code, decided.enhanced, decided.text) == (kind, code, enhanced, "Too many")
    assert decided.disconnect is ("disconnect" in verb)
    assert decided.at == ("data" if "at" in verb else "")


def test_a_policy_that_passes_only_looks():
    outcome = checked(_POLICY + "apply quota(reject = pass)")
    assert outcome.codes == []
    assert _decisions(outcome.body("rcpt")) == []


def test_quarantine_as_a_verb_takes_neither_code_nor_text():
    text = 'policy p(reject: verb = deny):\n    on data_post: if score > 3 reject 5.6.0 "Bad"\napply p(reject = quarantine)'
    (decided,) = _decisions(checked(text).body("data_post"))
    assert (decided.verb, decided.code, decided.enhanced, decided.place) == (Verb.QUARANTINE, 250, "2.0.0", "default")


def test_a_verdict_that_a_hook_does_not_allow_is_found_where_the_policy_says_it():
    outcome = checked(_POLICY + "apply quota(reject = quarantine)")
    assert outcome.codes == ["Q302"]
    assert (outcome.found[0].line, outcome.found[0].column) == (3, 40)


def test_arguments_are_worked_out_in_the_hook_that_uses_them():
    text = """policy late(who: address):
    on rcpt: if who == <> deny
    on data_post: if message.size > 5MB deny
apply late(who = sender)"""
    assert checked(text).codes == []
    assert checked(text.replace("on rcpt", "on helo")).codes == ["Q301"]


def test_a_policy_passes_its_verb_on_to_another():
    text = (
        _POLICY
        + "policy outer(how: verb = defer):\n    apply quota(most = 1, reject = how)\napply outer(how = deny)\napply outer()"
    )
    outcome = checked(text)
    assert outcome.codes == []
    assert [d.verb for b in outcome.blocks("rcpt") for d in _decisions(b.body)] == [Verb.DENY, Verb.DEFER]
    assert [len(b.applied) for b in outcome.blocks("rcpt")] == [2, 2]


def test_the_names_of_a_policy_are_its_own():
    text = """let most = 99
var seen = 0 per connection
policy quota(most: number = 5):
    let twice = most + most
    var seen = 0 per connection
    on rcpt:
        seen += 1
        let sum = seen
        if sum > twice deny
apply quota()
apply quota(most = 1)
on rcpt:
    let sum = seen
    if sum > most deny"""
    outcome = checked(text)
    assert outcome.codes == []
    assert outcome.rules is not None
    assert [v.key for v in outcome.rules.variables] == ["seen", "quota_seen", "quota_seen_2"]


def test_conditions_of_apply_lines_hold_around_the_rules_and_narrow_in_them():
    text = """policy p():
    on mail if score > 1: if domain == "example.net" deny
apply p() if domain"""
    outcome = checked(text)
    assert outcome.codes == []
    outer = outcome.body("mail")[0]
    assert isinstance(outer, Choose) and isinstance(outer.condition, typed.Present)
    assert isinstance(outer.then[0], Choose) and isinstance(outer.then[0].condition, typed.Compare)


def test_a_label_of_the_apply_line_names_every_rule_without_one():
    text = "policy p():\n    on mail:\n        if trusted deny\n        @own\n        if relay deny\n@all_of_it\napply p()"
    assert [d.rule for d in _decisions(checked(text).body("mail"))] == ["all_of_it", "own"]


def test_listeners_of_the_apply_line_and_of_the_block_must_both_fit():
    text = """listener mx:
    bind = "127.0.0.1:0"
listener out:
    bind = "127.0.0.1:0"
policy p():
    on mail at mx: if trusted deny
    on mail: if relay deny
apply p() at out"""
    outcome = checked(text)
    assert outcome.codes == []
    assert [len(outcome.blocks("mail", n)) for n in (0, 1)] == [0, 1]


def test_a_shipped_policy_needs_no_use_and_one_of_that_name_replaces_it():
    shipped = {"/shipped/greet.q": "policy greet():\n    on helo: if esmtp deny\nlet unrelated = 1\n"}
    outcome = checked("apply greet()", shipped)
    assert outcome.codes == []
    assert _decisions(outcome.body("helo"))[0].rule == "qpsmtpd/greet.q:2"
    own = checked("policy greet():\n    on mail: if relay deny\napply greet()", shipped)
    assert own.blocks("helo") == () and len(own.blocks("mail")) == 1


@pytest.mark.parametrize(
    ("text", "code", "remedy"),
    [
        ("apply qouta()", "Q214", "`quota`"),
        ("apply dnsbl()", "Q214", "function"),
        ("apply quota(mots = 3)", "Q210", "`most`"),
        ("apply quota(3, deny, 4)", "Q211", ""),
        ("apply quota(most = 5s)", "Q403", ""),
        ("apply quota(reject = accept)", "Q310", ""),
        ('apply quota(reject = deny "no")', "Q310", ""),
        ("apply quota(reject = dney)", "Q310", "`deny`"),
        ("apply quota(most = deny and disconnect)", "Q211", ""),
        ("apply quota() at mx", "Q205", ""),
    ],
)
def test_a_wrong_apply_is_one_finding(text, code, remedy):
    outcome = checked(_POLICY + text)
    assert [f.code for f in outcome.found if f.severity == "error"] == [code], outcome.told
    assert remedy in outcome.found[0].help


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("policy p(x):\n    on mail: if x > 3 deny\napply p()", "Q211"),
        ("policy p(x: verb = accept):\n    on mail: x\napply p()", "Q310"),
        ("policy p(x: verb = dney):\n    on mail: x\napply p()", "Q310"),
        ("policy p(x: verb = reply):\n    on mail: x 5.7.1\napply p()", "Q310"),
        ("policy p(reject: verb = deny):\n    on mail: rejct\napply p()", "Q212"),
        ("policy p(x: number = deny):\n    on mail: if x > 3 deny\napply p()", "Q211"),
        ("policy p(x: verb = deny):\n    on mail: x 550\napply p()", "Q312"),
        ("policy p():\n    apply p()\napply p()", "Q208"),
        ("policy a():\n    apply b()\npolicy b():\n    apply a()\napply a()", "Q208"),
        ("policy p():\n    on recpt: deny", "Q203"),
        ("policy p():\n    on mail: if sendr deny", "Q201"),
        ("policy p(x: number, x: number):\n    on mail: if x > 1 deny\napply p(1)", "Q206"),
        ("policy p(score: number):\n    on mail: if score > 1 deny\napply p(1)", "Q206"),
        ("policy p():\n    on mail: if relay deny\npolicy p():\n    on mail: if relay deny\napply p()", "Q206"),
        ("define f(x: verb) = x\non mail: if f(1) deny", "Q201"),
        ("on mail: headers()\npolicy headers():\n    on mail: if relay deny\napply headers()", "Q202"),
    ],
)
def test_a_wrong_policy_is_found(text, code):
    assert code in checked(text).codes, checked(text).told


def test_a_policy_that_nothing_applies_is_looked_at_and_said_to_be_unused():
    assert checked(_POLICY + "on mail: if relay deny").codes == ["Q602"]
    assert checked(_POLICY).codes == [], "a file that applies nothing is there for others"


@pytest.mark.parametrize(
    "rule",
    [
        "if most and score > most deny",
        "if most and most > 3 deny",
        "if most and 3 < most + 1 deny",
        "unless most and score <= most deny",
        "if score > (most ?? 3) deny",
        'if most and len(lower("x")) > most deny',
    ],
)
@pytest.mark.parametrize("value", ["", "none", "5", "most = 2.5"])
def test_a_parameter_that_may_be_absent_is_one_whatever_was_written_for_it(rule, value):
    text = f"policy p(most: number? = none):\n    on mail: {rule}\napply p({value})"
    assert checked(text).codes == [], checked(text).told
    assert "Q901" not in codes_of_proofs(text + "\non rcpt: unless rcpthosts(domain) deny")
    assert (
        checked(
            f"define f(most: number? = none) = {rule.split(' ', 1)[1].removesuffix(' deny')}\non mail: if f({value}) deny"
        ).codes
        == []
    )


def test_a_parameter_that_may_be_absent_must_be_tested_whatever_was_written_for_it():
    assert checked("policy p(most: number? = none):\n    on mail: if score > most deny\napply p(5)").codes == ["Q405"]


def test_what_hangs_on_a_parameter_that_is_absent_never_happens():
    rules = "policy p(most: number? = none):\n    on mail: if most and score >= most deny 5.7.1\n"
    mail = 'client 203.0.113.9\nhelo "h9.example.net"\nmail "a@example.net" -> '
    assert passes(f"{rules}apply p()", mail + "accept")
    assert passes(f"{rules}apply p(0)", mail + "deny 5.7.1")
