"""What `--fix` changes: only what everybody would read in the same way. Each change is one that a postmaster may see on a live server."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mended_rules import RULES, mended, mended_text, reread, reread_text
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.fix import Edit, Fix, chosen, described, edited
from qpsmtpd.dsl.diagnostics.mend import mend
from qpsmtpd.dsl.syntax.tree import Span

GATE = "on rcpt: unless rcpthosts(domain) deny\n"
QUEUE = 'on queue: maildir("Maildir")\n'
LINES = (Path(__file__).parents[1] / "syntax" / "files" / "example_page.q").read_text("utf-8").split("\n")
SLIPS = [
    *("&&", "||", "!", "'x'", ";", "$x", "10.0.0.0/8", "a@b.example", "score++", "{", "}", "('a', 'b')", "=", "==", ":=", "<>"),
    *("then", "return", "else if", "elsif", "dney", "lissten", "reject", "on recpt:", "include", "\t", "    ", "\n", "\n    "),
    *("\n\t", ":", "at rcpt", '"x"', "don't", "\u2019", "-- q", "# no", "and", "("),
]


def inside(line: str) -> str:
    """A line of a hook after mending."""
    whole = reread_text(f"on helo:\n    {line}\n    pass\n")
    assert whole.startswith("on helo:\n    ")
    assert whole.endswith("\n    pass\n")
    return whole.removeprefix("on helo:\n    ").removesuffix("\n    pass\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("if esmtp: deny", "if esmtp deny"),
        ("if esmtp:deny", "if esmtp deny"),
        ("if esmtp : deny", "if esmtp deny"),
        ("if helo == 'x' deny", 'if helo == "x" deny'),
        ("if helo == \u201cx\u201d deny", 'if helo == "x" deny'),
        ("if helo == 'say \"x\"' deny", 'if helo == "say \\"x\\"" deny'),
        ("if a && b || c deny", "if a and b or c deny"),
        ("if a&&b deny", "if a and b deny"),
        ("if a&&!b deny", "if a and not b deny"),
        ("if !(a) deny", "if not (a) deny"),
        ("if (!a) deny", "if (not a) deny"),
        ("deny;", "deny"),
        ("deny ;  # no", "deny  # no"),
        ("if $helo == $x deny", "if helo == x deny"),
        ("if ip == 10.0.0.1 deny", 'if ip == "10.0.0.1" deny'),
        ("if ip in [10.0.0.0/8, 2001:db8::/32] deny", 'if ip in ["10.0.0.0/8", "2001:db8::/32"] deny'),
        ("if sender == ann.b@example.org deny", 'if sender == "ann.b@example.org" deny'),
        ("score++", "score += 1"),
        ("if a score-- unknown pass", "if a score -= 1 unknown pass"),
        ("if helo in ('a', \"b\") deny", 'if helo in ["a", "b"] deny'),
        ("if a { deny }", "if a deny"),
        ("if helo = \"x\" deny", 'if helo == "x" deny'),
        ("if helo === \"x\" deny", 'if helo == "x" deny'),
        ("relay == true", "relay = true"),
        ("relay := true", "relay = true"),
        ("if a then deny", "if a deny"),
        ("return deny", "deny"),
        ('deny "x" at rcpt', 'deny at rcpt "x"'),
        ('deny 5.7.1 550 "x"  # why', 'deny 550 5.7.1 "x"  # why'),
        ('deny "x" 550 and disconnect', 'deny 550 "x" and disconnect'),
        ('reject "x" 550', 'deny 550 "x"'),
    ],
)  # fmt: skip
def test_slips_of_a_line_are_mended(written: str, meant: str) -> None:
    assert inside(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "deny msg",
        "deny if helo == \"x\"",
        "if sender <> deny",
        "if rcpthosts(domain) relay == true",
        "if helo == 'a\\d' deny",
        "deny don't or can't",
        "pass; deny",
        "if a < b < c deny",
        "else unless a: deny",
        "drop",
        "allow",
        "if a:",
        "if helo == 5min deny",
        "if message.size > 25mb deny",
        "if ip in \"10.0.0.1/8\" deny",
        "if a = b = ~ c deny",
        "if helo == \"x deny",
        "deny 650",
    ],
)  # fmt: skip
def test_what_could_be_meant_in_two_ways_is_left_as_it_is(written: str) -> None:
    assert inside(written) == written


def test_an_if_that_goes_on_below_keeps_its_colon() -> None:
    for branch in ("elif b: pass", "else: pass", "elsif b: pass"):
        text = f"on helo:\n    if a: deny\n    {branch}\n"
        assert reread_text(text).split("\n")[1] == "    if a: deny"


def test_branches_are_named_as_here() -> None:
    text = "on helo:\n    if a:\n        deny\n    else if b:\n        deny\n    elsif c:\n        deny\n"
    assert reread_text(text) == text.replace("else if", "elif").replace("elsif", "elif")


def test_settings_and_top_level_words_are_mended() -> None:
    text = 'server\n    hostname: "mx.example.org"\n    max_size 25MB\nlissten mx:\n    bind: "127.0.0.1:25"\ninclude "site.q"\n'
    wanted = (
        'server:\n    hostname = "mx.example.org"\n    max_size = 25MB\nlissten mx:\n    bind: "127.0.0.1:25"\nuse "site.q"\n'
    )
    assert reread_text(text) == wanted
    assert reread_text("listner mx:\n    bind: [\n    ]\n") == "listener mx:\n    bind = [\n    ]\n"


def test_verdicts_of_other_servers_that_mean_the_same_are_mended() -> None:
    text = f"{GATE}{QUEUE}on mail:\n    if sender == <> reject\n    tempfail 4.7.1\n"
    assert mended_text(text) == text.replace("reject", "deny").replace("tempfail", "defer")


def test_misspelt_hooks_verbs_and_settings_are_mended_when_only_one_can_be_meant() -> None:
    text = 'server:\n    hostnme = "mx.example.org"\non recpt: unless rcpthosts(domain) dney\non qeue: maildir("Maildir")\n'
    good = 'server:\n    hostname = "mx.example.org"\non rcpt: unless rcpthosts(domain) deny\non queue: maildir("Maildir")\n'
    assert mended_text(text) == good


@pytest.mark.parametrize(
    "text",
    [
        f"{GATE}{QUEUE}on hel: pass\nserver:\n    min_size = 1KB\n",
        f"{GATE}{QUEUE}on mail: if dnswl(\"list.example\") pass\n",
        f"{GATE}{QUEUE}on queue_p: pass\n",
        f"{GATE}{QUEUE}listener mx1:\n    bind = \"127.0.0.1:2525\"\non mail at mx2: pass\n",
        f"{GATE}{QUEUE}on mail: if sendr == <> deny\n",
        f"{GATE}{QUEUE}on mail:\n    alow\n",
        "on rcpt: unless rcpthost(domain) deny\n" + QUEUE,
    ],
)  # fmt: skip
def test_a_word_that_may_be_another_one_is_left_as_it_is(text: str) -> None:
    done = mended(text)
    assert done.contents == {}
    assert done.findings.errors or "hel" in text


def test_tabs_become_blanks_where_they_cannot_be_mistaken() -> None:
    tabbed = "on helo:\n\tif a:\n\t\tdeny\n\tpass\non mail:\n    pass\n"
    assert reread_text(tabbed) == "on helo:\n    if a:\n        deny\n    pass\non mail:\n    pass\n"
    mixed = "on helo:\n    if a:\n\tdeny\n"
    assert reread_text(mixed) == mixed


def test_lines_that_are_there_twice_leave_a_data_file() -> None:
    lines = ["example.org", "example.net # a", "", "example.org  ", "example.net # b", "# for c", "example.org", "example.org"]
    done = mended(GATE + QUEUE, {"rcpthosts": "\r\n".join(lines)})
    assert done.contents == {"/rules/rcpthosts": "\r\n".join(lines[:3] + lines[4:7] + [""]).encode()}
    assert [f.line for f in done.findings.sorted() if f.code == "Q703"] == [4, 6]


def test_however_many_there_are() -> None:
    done = mended(GATE + QUEUE, {"rcpthosts": "example.org\n" * 300 + "example.net\n"})
    assert done.contents == {"/rules/rcpthosts": b"example.org\nexample.net\n"}
    assert not [f for f in done.findings.sorted() if f.code == "Q703"]


def test_what_another_line_covers_stays_because_that_one_may_go() -> None:
    assert mended(GATE + QUEUE, {"rcpthosts": ".example.org\nmx.example.org\nExample.net\nexample.net\n"}).contents == {}


def test_what_a_comment_silences_stays_as_it_is() -> None:
    again = "example.org # q: allow Q703 -- why\n"
    assert mended(GATE + QUEUE, {"rcpthosts": f"example.org\n{again}{again}"}).contents == {}


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffon helo:\r\n    deny 'x';\r\n    pass\r\n"
    assert reread_text(text) == '\ufeffon helo:\r\n    deny "x"\r\n    pass\r\n'


def test_a_file_that_is_not_utf_8_stays_as_it_is() -> None:
    octets = GATE.encode() + b"on helo: deny 'x' # caf\xe9\n"
    findings = Findings()
    findings.add("Q110", Span(RULES, 2, 15, 2, 18), "x", fix=Fix((Edit(Span(RULES, 2, 15, 2, 18), '"x"'),)))
    assert mend(lambda _: findings, lambda _: octets).contents == {}


def test_a_round_that_makes_the_text_worse_is_not_kept() -> None:
    def check(contents: dict[str, bytes]) -> Findings:
        findings = Findings()
        for column in range(len(contents.get(RULES, b""))):
            findings.add("Q101", Span(RULES, 1, column + 1, 1, column + 2), "x")
        findings.add("Q203", Span(RULES, 1, 1, 1, 2), "x", fix=Fix((Edit(Span(RULES, 1, 1, 1, 2), "worse"),)))
        return findings

    assert mend(check, lambda _: b"x").contents == {}  # type: ignore[arg-type]


def test_mending_shows_what_was_hidden_and_hides_nothing() -> None:
    done = mended(f"on recpt: accept\n{QUEUE}")
    assert [f.code for f in done.findings.sorted() if f.severity == "error"] == ["Q501"]


def test_each_change_is_told() -> None:
    done = mended("on recpt: unless rcpthosts(domain) deny 'no';\n" + QUEUE)
    assert [f"{finding.code} {what}" for finding, what in done.done] == [
        "Q203 `recpt` becomes `rcpt`",
        "Q110 `'no'` becomes `\"no\"`",
        "Q110 `;` is left out",
    ]


def edit(start: int, end: int, text: str, line: int = 1) -> Edit:
    return Edit(Span(RULES, line, start, line, end), text)


def test_edits_are_made_where_the_text_stood_before() -> None:
    assert edited("abc\ndef\n", [edit(2, 3, "BB"), edit(1, 1, ">"), edit(3, 4, "", 2)]) == ">aBBc\nde\n"
    assert edited("a\nb\nc", [Edit(Span(RULES, 2, 1, 3, 1), "")]) == "a\nc"
    assert edited("a\nb", [Edit(Span(RULES, 2, 1, 3, 1), "")]) == "a\n"
    assert edited("\U0001f4ebx", [edit(2, 3, "y")]) == "\U0001f4eby"


def test_fixes_that_touch_are_not_made_at_once() -> None:
    one, two, far = Fix((edit(1, 3, "x"),)), Fix((edit(3, 4, "y"),)), Fix((edit(5, 6, "z"),))
    assert chosen([one, two, far]) == [one, far]
    both = Fix((edit(5, 6, "z"), edit(3, 4, "y")))
    assert chosen([one, both, far]) == [one, far]
    lines = [Fix((Edit(Span(RULES, line, 1, line + 1, 1), ""),)) for line in (1, 2, 3)]
    assert chosen(lines) == lines
    elsewhere = Fix((Edit(Span("other.q", 1, 1, 1, 3), "x"),))
    assert chosen([one, elsewhere]) == [one, elsewhere]


def test_a_fix_is_told_in_words() -> None:
    lines = ("abc", "def")
    assert described(Fix((edit(1, 2, "x"),)), lines) == "`a` becomes `x`"
    assert described(Fix((edit(1, 1, "x"), edit(3, 4, ""))), lines) == "`x` is put in, `c` is left out"
    assert described(Fix((Edit(Span(RULES, 2, 1, 3, 1), ""),)), lines) == "line 2 is left out"
    assert described(Fix((edit(1, 2, "    "),)), ("\tx",)) == "its blanks are changed"
    assert described(Fix((edit(1, 2, "x"),) * 4), lines) == "4 places of the file are changed"


@settings(deadline=4000, max_examples=300)
@given(st.integers(0, 2**32))
def test_whatever_is_mended_is_read_at_least_as_well_and_mending_again_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    start = chance.randrange(len(LINES))
    text = "\n".join(LINES[start : start + chance.randint(1, 12)]) + "\n"
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(SLIPS) + text[at + chance.randint(0, 3) :]
    before = len([f for f in reread(text).findings.sorted() if f.code.startswith("Q1")])
    done = reread(text)
    after = done.contents.get(RULES, text.encode()).decode()
    assert len([f for f in done.findings.sorted() if f.code.startswith("Q1")]) <= before
    assert reread(after).contents == {}
