"""Each slip that people make has its own message, says what to write, and leaves the tree that was meant."""

from __future__ import annotations

import pytest

from parsed_rules import read, spelled
from qpsmtpd.dsl.syntax import tree


def hook(line: str) -> str:
    return f"on connect:\n    {line}\n"


def _said(text: str) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.message, finding.help) for finding in read(text)[1]]


INSIDE = [
    (
        "if ip in nets: deny",
        "Q110",
        "on one line no `:` stands between the condition and what follows",
        "write `if ip in nets deny`, or put what follows on lines of its own",
    ),
    ('deny "x" at rcpt', "Q110", "`at` stands before the text of a `deny`, not after it", 'write `deny at rcpt "x"`'),
    ("deny 5.7.1 550", "Q110", "`550` stands before `5.7.1` in a verdict", "write `deny 550 5.7.1`"),
    ("deny msg", "Q110", "the text of a reply stands between quotes", 'write `"msg"`'),
    ("deny go away", "Q110", "the text of a reply stands between quotes", 'write `"go away"`'),
    ("deny 'x'", "Q110", 'texts stand between `"` and `"`', 'write `"x"`'),
    ("deny “x”", "Q110", 'texts stand between `"` and `"`', 'write `"x"`'),
    ("if ip == 192.0.2.1 deny", "Q110", "an address is written between quotes", 'write `"192.0.2.1"`'),
    ("if ip in [10.0.0.0/8] deny", "Q110", "a network is written between quotes", 'write `"10.0.0.0/8"`'),
    ("if ip in [2001:db8::/32] deny", "Q110", "a network is written between quotes", 'write `"2001:db8::/32"`'),
    ("deny;", "Q110", "no `;` stands at the end of a line", "leave `;` out"),
    ("pass; deny", "Q110", "one line holds one statement", "begin a new line after the first statement"),
    ("if a && b deny", "Q110", "`&&` is written `and`", "write `and`"),
    ("if a || b deny", "Q110", "`||` is written `or`", "write `or`"),
    ("if !a deny", "Q110", "`!` is written `not`", "write `not`"),
    ("if a = b deny", "Q110", "`=` sets a value; `==` compares", "write `==`"),
    ("if a === b deny", "Q110", "`===` is no operator", "write `==`"),
    ("score == 5", "Q110", "`==` compares; `=` sets a value", "write `=`"),
    ("score := 5", "Q110", "`:=` is written `=`", "write `=`"),
    ("if a <> b deny", "Q110", "`<>` is the null sender; unequal is `!=`", "write `!=`"),
    ("if a then deny", "Q110", "there is no `then`", "leave `then` out"),
    ("return deny", "Q110", "there is no `return`", "leave `return` out"),
    ("deny 650", "Q101", "`650` is no reply code", None),
    ("if a < b < c deny", "Q110", "a comparison cannot be compared again", "join two comparisons with `and`: `a < b and b < c`"),
    ("iff a deny", "Q101", "`iff` begins no statement", "did you mean `if`?"),
    ("denny 5.7.1 550", "Q101", "`denny` begins no statement", "did you mean `deny`?"),
    ("if f(a)) deny", "Q101", "this `)` closes nothing", "remove it, or open the bracket before it"),
    ("on rcpt: deny", "Q101", "`on` cannot stand inside a block", "begin it at the left margin"),
    ("else: deny", "Q101", "no block of an `if` stands right above this `else`", None),
    ("unknown deny", "Q101", "this `unknown` belongs to no `if`", None),
    ("case a: deny", "Q101", "this `case` belongs to no `match`", "indent it below a `match` line"),
    ("if a", "Q101", "this `if` does nothing", "write what to do after the condition: `if C deny`"),
    ("if a:", "Q105", "no block follows this line", "indent the lines that belong to it by 4 blanks more"),
    ("for a in b: deny", "Q110", "there are no loops", None),
    ("deny if a", "Q110", "the condition stands before what it decides", "write `if a deny`"),
    ('deny 5.7.1 "no" unless a', "Q110", "the condition stands before what it decides", 'write `unless a deny 5.7.1 "no"`'),
    ("score += 1 if a", "Q110", "the condition stands before what it decides", "write `if a score += 1`"),
    ("if a == ann.b@c.example deny", "Q110", "a mail address is written between quotes", 'write `"ann.b@c.example"`'),
    ("score++", "Q110", "there is no `++`", "write `score += 1`"),
    ("if a { deny }", "Q110", "no braces stand around a block", None),
    ('if a in ("b", "c") deny', "Q110", "a list stands between `[` and `]`", 'write `["b", "c"]`'),
    ("let $a = 5", "Q110", "names are written without `$`", "leave `$` out"),
]


@pytest.mark.parametrize(("line", "code", "message", "help"), INSIDE, ids=[row[0] for row in INSIDE])
def test_a_slip_in_a_rule_has_its_own_message(line: str, code: str, message: str, help: str | None) -> None:
    said = _said(hook(line))
    assert said[0][:2] == (code, message)
    assert help is None or said[0][2] == help
    assert said[0][2]


TOP = [
    ("onn rcpt: deny", "`onn` begins no statement", "did you mean `on`?"),
    ('include "x.q"', "`include` begins no statement", "did you mean `use`?"),
    ("on rcpt deny", "this `on` line has no `:`", "put a `:` after `rcpt`"),
    ("on rcpt\n    deny", "this `on` line has no `:`", "put a `:` after `rcpt`"),
    ("server\n    a = 5", "this `server` line has no `:`", "put a `:` after `server`"),
    ('server:\n    hostname "x"', "`hostname` is set with `=`", "write `hostname = …`"),
    ('server:\n    hostname: "x"', "`hostname` is set with `=`", "write `hostname = …`"),
    ("deny 550", "`deny` stands inside a hook", "write `on rcpt:` (or another hook) above it"),
    ("@label", "no rule follows this label", "write what belongs to it below it, or remove it"),
    ("let x = ", "something is missing after `=`", ""),
    ("let x 5", "`5` cannot stand after `x`", ""),
]


@pytest.mark.parametrize(("text", "message", "help"), TOP, ids=[row[0] for row in TOP])
def test_a_slip_at_the_left_margin_has_its_own_message(text: str, message: str, help: str) -> None:
    ((_, said, remedy),) = _said(text + "\n")
    assert (said, remedy) == (message, help)


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("if a && !b: deny;", "(a and (not b))"),
        ("if a = 'x' deny", '(a == "x")'),
        ("if a <> 'x' || b then deny", '((a != "x") or b)'),
        ("if f(a)) deny now", "f(a)"),
    ],
)
def test_a_line_with_slips_is_read_as_it_was_meant(line: str, condition: str) -> None:
    file, findings = read(hook(line))
    (on,) = file.statements
    assert isinstance(on, tree.On)
    (statement,) = on.body
    assert isinstance(statement, tree.If)
    assert spelled(statement.condition) == condition
    assert len({(f.line, f.column) for f in findings}) == len(findings) >= 2


@pytest.mark.parametrize("joint", ["or\n        ", "and\n        ", "\n        or ", "\\\n        or "])
def test_a_condition_that_goes_on_below_is_read_whole(joint: str) -> None:
    text = f"on connect:\n    if a {joint} b deny\n" if joint[0] != "\n" else f"on connect:\n    if a{joint}b deny\n"
    file, findings = read(text)
    assert findings[0].code == "Q110"
    assert isinstance(file.statements[0], tree.On)
    assert findings[0].help.startswith("put brackets around")


def test_else_if_is_read_as_elif() -> None:
    file, findings = read("on connect:\n    if a:\n        deny\n    else if b:\n        defer\n    elseif c:\n        pass\n")
    assert [f.message for f in findings] == ["`else if` is written `elif`", "`elseif` begins no statement"]
    (on,) = file.statements
    assert isinstance(on, tree.On)
    assert isinstance(on.body[0], tree.If)
    assert isinstance(on.body[0].orelse, tuple)


def test_no_message_lists_what_the_grammar_accepts() -> None:
    for line, *_ in INSIDE:
        for _, message, help in _said(hook(line)):
            assert not any(word in message + help for word in ("LPAR", "COND", "NAME", "_ANON", "expected"))
