"""Statements of the whole language: variables, `unknown` branches, kept verdicts, shadow, scores by name, replies."""

from __future__ import annotations

import pytest

from checked_rules import checked
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model.verdicts import Verb


def _only(text: str, hook: str) -> typed.Stmt:
    (statement,) = checked(text).body(hook)
    return statement


def test_a_variable_is_read_and_assigned_in_the_hooks_that_have_it():
    text = "var seen = 0 per connection\nvar first: text? = none per transaction\n"
    good = "on connect: seen += 1\non rcpt:\n    if first deny\n    first = recipient.local\n    if seen > 3 deny\n"
    assert checked(text + good).codes == []
    assert checked(text + "on helo: first = helo\non mail: if seen > 1 or first deny").codes == ["Q301"]
    assert checked(text + 'on mail: seen = "x"\non rcpt: if seen > 1 or first deny').codes == ["Q401"]


def test_what_was_found_in_a_variable_is_forgotten_when_it_is_assigned():
    text = "var name: text? = none per connection\non mail:\n    if name:\n        name = none\n        if name == helo deny\n"
    assert checked(text).codes == ["Q405"]
    assert checked(text.replace("        name = none\n", "")).codes == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("var n = 3 per session\non mail: n += 1", "Q216"),
        ("var n = none per connection\non mail: if n deny", "Q216"),
        ("var n: number = 5s per connection\non mail: n += 1", "Q403"),
        ("var n: number = score per connection\non mail: n += 1", "Q408"),
        ("var score = 3 per connection\non mail: score += 1", "Q206"),
        ("var ok = true per connection\non mail:\n    ok += 1\n    if ok deny", "Q401"),
        ("var n = 0 per connection\non mail: n += 1 as NAME", "Q311"),
        ("on mail: score = 1 as NAME", "Q311"),
    ],
)
def test_a_wrong_variable_or_name_is_found(text, code):
    assert code in checked(text).codes, checked(text).told


def test_an_unknown_branch_belongs_to_the_whole_chain_of_conditions():
    text = """on mail:
    if dnsbl("a.b"):
        deny
    elif dnsbl("c.d"):
        defer
    unknown:
        score += 1
"""
    outer = _only(text, "mail")
    assert isinstance(outer, typed.Choose) and outer.unknown is not None
    (inner,) = outer.orelse
    assert isinstance(inner, typed.Choose) and inner.unknown is not None
    assert [type(s) for s in inner.unknown] == [typed.Set]


@pytest.mark.parametrize(
    "form", ["if {c} deny unknown defer", "unless {c} deny\n    unknown defer", "if {c}:\n        deny\n    unknown: defer"]
)
def test_an_unknown_branch_can_be_written_in_every_form(form):
    found = _only("on mail:\n    " + form.format(c='dnsbl("a.b")') + "\n", "mail")
    assert isinstance(found, typed.Choose) and found.unknown is not None
    assert [s.verb for s in found.unknown if isinstance(s, typed.Decide)] == [Verb.DEFER]


def test_a_kept_verdict_takes_the_words_of_the_hook_that_says_it():
    kept = _only("on connect: if trusted deny at rcpt", "connect")
    assert isinstance(kept, typed.Choose)
    (decided,) = kept.then
    assert isinstance(decided, typed.Decide)
    assert (decided.at, decided.code, decided.text, decided.final) == ("rcpt", 550, "Recipient refused by policy", False)


def test_a_kept_verdict_is_said_before_the_first_rule_unless_the_rules_say_where():
    kept = "on connect: if trusted deny at rcpt\non rcpt: if relay deny\n"
    first, second = checked(kept).blocks("rcpt")
    assert [type(s) for s in first.body] == [typed.Enforce] and second.span.line == 2
    (only,) = checked(kept.replace("if relay deny", "enforce")).blocks("rcpt")
    assert [type(s) for s in only.body] == [typed.Enforce]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on rcpt: deny at connect", "over when `rcpt` runs"),
        ("on rcpt: deny at rcpt", "already"),
        ("on connect: deny at queue", "cannot be kept for `queue`"),
        ("on mail: accept at rcpt", "`accept` cannot be kept"),
        ("on queue: deny at data", "over when `queue` runs"),
    ],
)
def test_a_verdict_for_a_hook_that_cannot_say_it_is_found(text, said):
    (finding,) = checked(text).found
    assert finding.code == "Q308" and said in finding.message


def test_enforce_stands_where_verdicts_can_be_said():
    assert checked("on connect: if relay deny at data\non data: enforce").codes == []
    assert checked("on helo: enforce").codes == ["Q302"]
    assert checked('on rcpt: enforce "x"').codes == ["Q306"]


def test_shadow_covers_a_rule_a_block_or_a_policy():
    rule = _only("on mail:\n    shadow if relay deny\n", "mail")
    block = _only("shadow on mail: if relay deny", "mail")
    policy = _only("policy p():\n    on mail: if relay deny\nshadow apply p()", "mail")
    assert isinstance(rule, typed.Shadow) and rule.key == ""
    assert isinstance(block, typed.Shadow) and block.key == ""
    assert isinstance(policy, typed.Shadow) and policy.key == "p_1"


def test_shadow_inside_of_shadow_is_one():
    found = _only("shadow on mail:\n    shadow if relay deny\n", "mail")
    assert isinstance(found, typed.Shadow) and [type(s) for s in found.body] == [typed.Choose]


def test_an_effect_or_a_delivery_under_shadow_is_found():
    assert checked('shadow on data_post: add_header("X-A", "b")').codes == ["Q309"]
    assert checked('on queue:\n    shadow maildir("x")\n').codes == ["Q309"]


def test_what_is_found_out_under_shadow_is_not_known_behind_it():
    text = "on mail:\n    shadow unless sender.domain skip\n    if sender.domain == helo deny\n"
    assert "Q405" in checked(text).codes


def test_a_quarantine_has_a_plain_name():
    named = _only('on data_post: if score > 3 quarantine "spam"', "data_post")
    assert isinstance(named, typed.Choose)
    (decided,) = named.then
    assert isinstance(decided, typed.Decide) and (decided.verb, decided.place, decided.code) == (Verb.QUARANTINE, "spam", 250)
    assert checked('on data_post: quarantine "../x"').codes == ["Q306"]
    assert checked('on data_post: quarantine 250 "x"').codes == ["Q306"]
    assert checked("on rcpt: quarantine").codes == ["Q302"]


def test_a_reply_may_have_any_code_whose_classes_agree():
    assert checked('on vrfy: reply 252 "No"').codes == []
    assert checked("on unrecognized_command: reply 502 5.5.1").codes == []
    assert checked("on noop: reply 250 5.0.0").codes == ["Q303"]
    assert checked("on mail: reply 250").codes == ["Q302"]
    found = _only("on vrfy: if trusted reply 550", "vrfy")
    assert isinstance(found, typed.Choose)
    (decided,) = found.then
    assert isinstance(decided, typed.Decide) and (decided.code, decided.enhanced) == (550, "5.5.0")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("on rcpt: if len(recipients) > 5 deny", []),
        ("on mail: if len(helo) > 5 deny", []),
        ('on mail: if lower(helo) == "x" deny', []),
        ('on rcpt: if exact(recipient.local) == "Bob" deny', []),
        ('on data_post: if any_in(recipients, ["a@example.org", "@example.net"]) deny', []),
        ('on data_post: if all_in(symbols, ["A", "B"]) deny', []),
        ('on data_post: if len(header.all("Received")) > 30 deny', []),
        ("on mail: if len(5) > 3 deny", ["Q401"]),
        ("on mail: if len() > 3 deny", ["Q211"]),
        ("on mail: if len(sender.domain) > 3 deny", ["Q405"]),
        ('on mail: if any_in(helo, ["a"]) deny', ["Q401"]),
        ("on mail: if helo.upper() deny", ["Q215"]),
        ("on mail: len(helo)", ["Q410"]),
        ("let len = 3", ["Q206"]),
        ('on data_post: if header.any("x") deny', ["Q215"]),
    ],
)
def test_the_functions_of_the_language_take_what_they_can_work_with(text, codes):
    assert checked(text).codes == codes, checked(text).told


def test_exact_compares_with_regard_to_case():
    exact = _only('on rcpt: if exact(recipient.local) == "Bob" deny', "rcpt")
    folded = _only('on rcpt: if recipient.local == "Bob" deny', "rcpt")
    assert isinstance(exact, typed.Choose) and isinstance(exact.condition, typed.Compare)
    assert not isinstance(exact.condition.left, typed.Folded)
    assert isinstance(folded, typed.Choose) and isinstance(folded.condition, typed.Compare)
    assert isinstance(folded.condition.left, typed.Folded)


def test_the_user_is_surely_there_behind_required_authentication():
    listeners = 'listener mx:\n    bind = "127.0.0.1:0"\nlistener out:\n    bind = "127.0.0.1:0"\n    auth = required\n'
    assert checked(listeners + 'on rcpt at out: if user == "a" deny').codes == []
    assert checked(listeners + 'on rcpt at mx: if user == "a" deny').codes == ["Q405"]
    assert checked(listeners + 'on rcpt: if user == "a" deny').codes == ["Q405"]
    assert checked(listeners + 'on auth at out: if user == "a" deny').codes == ["Q301"]


def test_a_verifier_is_asked_in_auth_only():
    assert checked("on auth: if users() accept").codes == []
    assert checked("on mail: if users() accept").codes == ["Q305"]


def test_require_names_a_function_a_hook_and_a_condition():
    rules = "on data_post:\n    match scan():\n        case infected: deny\n        case clean, error: pass\n"
    outcome = checked(rules + "require scan before queue unless trusted")
    assert outcome.codes == []
    assert outcome.rules is not None
    (needed,) = outcome.rules.listeners[0].requires
    assert (needed.function, needed.before) == ("scan", "queue") and isinstance(needed.condition, typed.Not)
    assert checked(rules + "require scann before quue at mx").codes == ["Q202", "Q203", "Q205"]


@pytest.mark.parametrize("body", ["half(x) > 1", "-x > 3", "x + 1 > 2", "len(helo) > x", "x in [1, 2]"])
def test_a_define_that_nothing_uses_is_tried_out_without_values(body):
    assert checked(f"define f(x: number) = {body}").codes == ["Q602"]
    assert checked(f"define f(x: number) = {body} and score == true").codes == ["Q401"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text", "len(x) > 3"), ("text", "dnsbl(x)"), ("pattern", "helo matches x"), ("list[text]", 'any_in(x, ["a"])')],
)
def test_a_parameter_without_a_value_stands_where_a_constant_is_wanted(kind, body):
    assert checked(f"define f(x: {kind}) = {body}").codes == ["Q602"]
