"""What a client says never becomes a path, a pattern, a file's name or a constant; in a path that takes values they are encoded."""

from __future__ import annotations

import pytest

from checked_rules import checked
from qpsmtpd.dsl.check import typed


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ("on queue: maildir(helo)\n", "helo"),
        ("on queue: if sender.local maildir(sender.local)\n", "sender.local"),
        ('on queue: maildir("Mail/" + helo)\n', "helo"),
        ('on queue: maildir(lower("Mail/" + helo))\n', "helo"),
        ('on queue: maildir(header.subject ?? "none")\n', "header.subject"),
        ("on queue:\n    let folder = helo\n    maildir(folder)\n", "folder"),
        ('on queue:\n    let folder = "a" + helo\n    let other = folder + "b"\n    maildir(other)\n', "other"),
        ('define box() = "Mail/" + helo\non queue: maildir(box())\n', "helo"),
        ("on queue: mailbox(helo)\n", "helo"),
        ("on helo: if dnsbl(helo) deny\n", "helo"),
        ("on mail: if ip in networks(helo) deny\n", "helo"),
        ('on mail: if alike("a", helo) deny\n', "helo"),
        ("policy into(folder: text):\n    on queue: maildir(folder)\napply into(folder = helo)\n", "helo"),
    ],
)
def test_what_a_client_says_is_refused_through_every_operator(rules: str, name: str) -> None:
    outcome = checked(rules)
    (finding,) = outcome.found
    assert finding.code == "Q515"
    assert f"`{name}`" in finding.message
    assert finding.why


@pytest.mark.parametrize(
    "rules",
    [
        'on queue: maildir("Mail/" + "new")\n',
        'let folder = "Mail"\non queue: maildir(folder + "/new")\n',
        'policy into(folder: text):\n    on queue: maildir(folder)\napply into(folder = "Mail")\n',
        'on mail: if alike(helo, "^a") deny\n',
        'on queue: if helo == "x" maildir("Mail/x")\n',
    ],
)
def test_what_the_rules_say_themselves_is_taken(rules: str) -> None:
    assert checked(rules).codes == []


def test_what_is_ours_and_not_known_before_is_no_constant() -> None:
    assert checked('var box: text = "x" per connection\non queue: maildir(box)\n').codes == ["Q408"]


def path_of(rules: str) -> typed.Expr:
    (statement,) = checked(rules).body("queue")
    assert isinstance(statement, typed.Do)
    return statement.call.arguments[0]


def test_a_path_that_takes_values_is_absolute_and_encodes_each() -> None:
    path = path_of('on queue: mailbox("Mail/{{ helo }}/{{ helo | lower }}")\n')
    assert isinstance(path, typed.Template)
    assert path.source == "/etc/q/Mail/{{ v0 | component }}/{{ v1 | lower | component }}"


def test_a_path_without_values_is_a_constant() -> None:
    path = path_of('on queue: mailbox("Mail")\n')
    assert isinstance(path, typed.Const)
    assert path.value == "/etc/q/Mail"
    assert path_of('on queue: mailbox("/var/mail/{{ helo }}")\n') != path
    default = path_of("on queue: mailbox()\n")
    assert isinstance(default, typed.Const)
    assert default.value == "/etc/q/Mail"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ('on queue: mailbox("Mail/{{ nosuch }}")\n', "Q201"),
        ('on queue: mailbox("Mail/{{ helo | component }}")\n', "Q207"),
        ('on queue: mailbox("Mail/{{ sender.domain }}")\n', "Q405"),
        ("on queue: mailbox(5)\n", "Q401"),
        ("on queue: mailbox(listener)\n", "Q401"),
    ],
)
def test_a_path_is_checked_like_every_template(rules: str, code: str) -> None:
    assert checked(rules).codes == [code]
