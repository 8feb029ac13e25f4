"""Names, hooks, settings and functions that mean nothing where they stand."""

from __future__ import annotations

import pytest

from checked_rules import checked

_ONE = [
    ("on mail: if sendr == <> deny", "Q201", "`sender`"),
    ("let x: domian = 3", "Q201", "`domain`"),
    ("on mail: if networks deny", "Q201", "`networks(…)`"),
    ("on rcpt: unless rcpthost(domain) deny", "Q202", "`rcpthosts`"),
    ("let n = 3\non mail: if n(1) deny", "Q202", "without brackets"),
    ("on recpt: deny", "Q203", "`rcpt`"),
    ("server:\n    max_sise = 1MB", "Q204", "`max_size`"),
    ('server:\n    bind = "127.0.0.1:0"', "Q204", "`listener NAME:`"),
    ('listener mx:\n    bind = "127.0.0.1:0"\non mail at mxx: deny', "Q205", "`mx`"),
    ("let sender = 3", "Q206", "another name"),
    ("let networks = 3", "Q206", "another name"),
    ("let deny_all = 3\nlet deny_all = 4", "Q206", "another name"),
    ("define f(ip) = ip", "Q206", "another name"),
    ("server:\n    max_size = 1MB\nserver:\n    max_size = 2MB", "Q206", "remove one"),
    ('listener mx:\n    bind = "127.0.0.1:0"\nlistener mx:\n    bind = "127.0.0.1:0"', "Q206", ""),
    ("on mail:\n    let q = 3\n    let q = 4", "Q206", "another name"),
    ("let a = b\nlet b = a", "Q208", ""),
    ("define f(x) = f(x)\non mail: if f(1) deny", "Q208", ""),
    ("define f() = sendr", "Q201", "`sender`"),
    ("on rcpt: if recipient.locl == 'x' deny".replace("'", '"'), "Q209", "`local`"),
    ('on data_post: if header.x_spam == "a" deny', "Q209", 'header["X-Spam"]'),
    ('on rcpt: unless rcpthosts(domain, fil = "rcpthosts") deny', "Q210", "`file`"),
    ("on rcpt: unless rcpthosts() deny", "Q211", "domain = …"),
    ('on rcpt: unless rcpthosts(domain, "rcpthosts", 3) deny', "Q211", ""),
    ("on rcpt: unless rcpthosts(domain, domain = domain) deny", "Q211", ""),
    ("on mail: dney", "Q212", "`deny`"),
    ("on queue: maildir", "Q212", "`maildir(…)`"),
    ("on connect: if sender == <> deny", "Q301", "`on mail:`"),
    ('on data: if recipient == "a@example.org" deny', "Q301", "`on rcpt:`"),
    ("on disconnect: if sender == <> score += 1", "Q301", "`on queue:`"),
    ("on helo: if earlytalker() deny", "Q305", "`on connect:`"),
    ('on mail: maildir("x")', "Q305", "`on queue:`"),
    ("on mail: helo = 3", "Q307", ""),
    ("let n = 3\non mail: n = 4", "Q307", ""),
    ("on mail: scroe += 1", "Q307", "`score`"),
]


@pytest.mark.parametrize(("text", "code", "remedy"), _ONE)
def test_a_name_that_means_nothing_is_one_finding_with_a_remedy(text, code, remedy):
    outcome = checked(text)
    assert outcome.codes == [code], outcome.told
    assert remedy in outcome.found[0].help


def test_a_name_read_too_early_says_from_which_hook_on_it_is_known():
    (finding,) = checked("on connect: if sender == <> deny").found
    assert finding.allowed == "it is known from `mail` on"
    assert (finding.line, finding.column, finding.end_column) == (1, 16, 22)


def test_a_function_of_certain_hooks_names_them():
    (finding,) = checked("on rcpt: if earlytalker() deny").found
    assert (finding.code, finding.allowed) == ("Q305", "it can be called in `connect` or `data`")


def test_a_name_that_is_wrong_in_two_hooks_is_found_once_for_each():
    outcome = checked("on connect, helo: if sender == <> deny")
    assert [f.message for f in outcome.found] == ["`sender` is not known in `connect`", "`sender` is not known in `helo`"]


def test_rules_of_two_listeners_are_checked_once():
    outcome = checked(
        'listener a:\n    bind = "127.0.0.1:0"\nlistener b:\n    bind = "127.0.0.1:0"\non mail: if sendr == <> deny\non mail at b: deny'
    )
    assert outcome.codes == ["Q201"]
    assert [len(outcome.blocks("mail", n)) for n in (0, 1)] == [1, 2]


def test_a_file_without_a_listener_has_one_named_default():
    outcome = checked("on mail at default: deny")
    assert outcome.found == []
    assert [listener.name for listener in outcome.rules.listeners] == ["default"]


def test_a_define_that_no_rule_uses_is_right_when_some_hook_can_read_all_of_it():
    assert checked('define odd(d) = d == "x.org" and recipient.local == "x"').codes == ["Q602"]
    assert checked("define f(a, a) = true").codes == ["Q206", "Q206"][:1]


def test_constants_and_defines_may_be_used_before_they_are_written():
    outcome = checked("on mail: if tries() > limit deny\nlet limit = 2 + more\nlet more = 3\ndefine tries() = score")
    assert outcome.found == []


def test_a_define_does_not_see_the_names_of_its_caller():
    outcome = checked("define f() = inner\non mail:\n    let inner = 3\n    if f() > 2 deny")
    assert outcome.codes == ["Q201"]


@pytest.mark.parametrize(
    ("text", "code", "remedy"),
    [
        ("on data_post: if size > 10MB deny", "Q201", "did you mean `message.size`?"),
        ("on data_post: if subject == none deny", "Q201", "did you mean `header.subject`?"),
        ("on mail: if sender == null deny", "Q201", "`none`"),
        ("on mail: if True deny", "Q201", "did you mean `true`?"),
        ("on mail: if sender == none deny", "Q401", "write `sender == <>`"),
        ('on mail: if sender == "" deny', "Q402", "`<>`"),
        ("on mail: log(ip)", "Q401", 'write `"{{ ip }}"`'),
        ("on rcpt: if size(recipients) > 5 deny", "Q202", ""),
        ('on helo: if helo == "a" or "b" deny', "Q404", "`x in [a, b]`"),
        ("on helo mail: deny", "Q110", "`, mail`"),
    ],
)
def test_what_people_write_first_is_answered_by_what_to_write(text, code, remedy):
    outcome = checked(text)
    assert outcome.codes == [code], outcome.told
    assert remedy in outcome.found[0].help


def test_a_word_for_use_that_names_no_file_is_one_finding():
    assert checked("import os").codes == ["Q101"]
