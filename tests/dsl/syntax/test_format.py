"""The form that rules are kept in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from parsed_rules import clean
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.format import formatted

FILES = Path(__file__).parent / "files"
PAGE = (FILES / "example_page.q").read_text("utf-8")


def form(text: str) -> str:
    """The text formatted; it must parse, and formatting must have nothing to do twice."""
    findings = Findings()
    result = formatted(text, "rules.q", findings)
    assert findings.sorted() == []
    assert formatted(result, "rules.q", Findings()) == result
    return result


def in_hook(lines: str) -> str:
    """The lines of a hook, formatted, without their indentation."""
    head, *rest = form("on connect:\n" + "".join(f"    {line}\n" for line in lines.split("\n"))).split("\n")
    assert head == "on connect:" and all(line.startswith("    ") for line in rest if line)
    return "\n".join(line[4:] for line in rest[:-1])


def test_the_page_that_shows_the_whole_language_is_formatted_as_it_stands() -> None:
    clean(PAGE)
    assert form(PAGE) == PAGE


def test_rules_that_several_people_left_are_put_in_order() -> None:
    loose = (FILES / "loosely_written.txt").read_text("utf-8")
    assert form(loose) == (FILES / "loosely_written_formatted.q").read_text("utf-8")


@pytest.mark.parametrize(
    ("loose", "tidy"),
    [
        ("let x=a==b", "let x = a == b"),
        ("let x : list [ domain ? ]=[ ]", "let x: list[domain?] = []"),
        ("let x = [1,2 , 3 ,]", "let x = [1, 2, 3,]"),
        ('let x = {"a":1,"b" : { }}', 'let x = { "a": 1, "b": {} }'),
        ("let x = ( a or b )and not ( c )", "let x = (a or b) and not (c)"),
        ("let x = - 1 - - y + -  ( z )", "let x = -1 - -y + -(z)"),
        ("let x = [- 1,-a]", "let x = [-1, -a]"),
        ("let x = a  not   in b and c not\tmatches /x/i", "let x = a not in b and c not matches /x/i"),
        ("let x = sender . domain", "let x = sender.domain"),
        ("let x = 5 . y", "let x = 5 .y"),
        ("let x = f (a) [ 0 ] (b)", "let x = f(a)[0](b)"),
        ("let x = f(wait=1s,n = - 1)", "let x = f(wait = 1s, n = -1)"),
        ("let x = a??b", "let x = a ?? b"),
        ("let x = <>==sender", "let x = <> == sender"),
        ("let x = test (a) - 1", "let x = test(a) - 1"),
        ("define f (a,b : text=1s)=a", "define f(a, b: text = 1s) = a"),
        ("use standard / mx", "use standard/mx"),
        ("apply standard/mx (v=deny at rcpt and   disconnect)", "apply standard/mx(v = deny at rcpt and disconnect)"),
        ("@ zen   shadow  apply p", "@zen shadow apply p"),
        ("var x:number=0 per  connection", "var x: number = 0 per connection"),
        ("require f before  queue at a ,b unless(c)", "require f before queue at a, b unless (c)"),
    ],
)
def test_blanks_within_a_line(loose: str, tidy: str) -> None:
    assert form(loose) == tidy + "\n"


@pytest.mark.parametrize(
    ("loose", "tidy"),
    [
        ("if(a)deny 550   5.7.1   'x'".replace("'", '"'), 'if (a) deny 550 5.7.1 "x"'),
        ("if match (a) deny", "if match(a) deny"),
        ("karma+=1", "karma += 1"),
        ("score-=-1 as  X", "score -= -1 as X"),
        ("log ( x )", "log(x)"),
        ("@ a\nshadow   deny", "@a\nshadow deny"),
        ("match(x):\n    case a ,b :pass", "match (x):\n    case a, b: pass"),
    ],
)
def test_blanks_within_a_statement_of_a_hook(loose: str, tidy: str) -> None:
    assert in_hook(loose) == tidy


def test_texts_and_patterns_stay_as_they_are_written() -> None:
    text = 'on helo: if helo matches /a  ,b/ deny """two  ,\n\n\n\n\tlines """ and disconnect\n'
    assert form(text) == text


def test_blocks_are_indented_by_4_whatever_they_were() -> None:
    assert (
        form("on rcpt:\n if a:\n        deny\n elif b:\n  pass\n else:\n    if c:\n             deny\n")
        == "on rcpt:\n    if a:\n        deny\n    elif b:\n        pass\n    else:\n        if c:\n            deny\n"
    )


def test_of_many_blank_lines_two_stay_and_none_at_either_end() -> None:
    assert form("\n\n\nlet a = 1\n\n\n\n \n\nlet b = 2\n\nlet c = 3\n\t\n\n") == "let a = 1\n\n\nlet b = 2\n\nlet c = 3\n"


@pytest.mark.parametrize("empty", ["", "\n", " \n\t\n"])
def test_of_nothing_nothing_is_made(empty: str) -> None:
    assert form(empty) == ""


def test_comments_alone_are_a_file_too() -> None:
    assert form("\n  # one \n\n\n\n\t# two") == "# one\n\n\n# two\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_lines_end_in_lf_the_last_one_too(end: str) -> None:
    assert form(f"on rcpt:{end or chr(10)}    deny{end}") == "on rcpt:\n    deny\n"


def test_a_comment_above_a_statement_goes_with_it() -> None:
    text = "on rcpt:\n# first\n  deny\n\n      # on mail\non mail:\n  if a:\n    # why\n    deny\n  # or\n  else: pass\n"
    assert form(text) == (
        "on rcpt:\n    # first\n    deny\n\n    # on mail\non mail:\n    if a:\n        # why\n        deny\n"
        "    # or\n    else: pass\n"
    )


def test_a_comment_at_the_end_of_a_block_stays_in_the_block_its_author_put_it_in() -> None:
    text = "on rcpt:\n  if a:\n      deny\n      # of if\n   # of rcpt\n# of nobody\n"
    assert form(text) == "on rcpt:\n    if a:\n        deny\n        # of if\n    # of rcpt\n# of nobody\n"


def test_a_comment_behind_an_else_stays_there() -> None:
    text = "if a:\n    deny\nelse:# never mind\n    pass"
    assert in_hook(text) == "if a:\n    deny\nelse:  # never mind\n    pass"


def test_comments_that_share_a_column_go_on_sharing_one() -> None:
    assert in_hook("a = 1    # one\nbc   =   2 # two\nd=3      # three") == "a = 1    # one\nbc = 2  # two\nd = 3    # three"
    assert in_hook("f(a,b,c,d) # one\ng()        # two") == "f(a, b, c, d)  # one\ng()            # two"
    assert in_hook("f( a )  # one\ng()     # two") == "f(a)  # one\ng()   # two"
    assert in_hook("deny # one\n\npass # two") == "deny  # one\n\npass  # two"


def test_a_comment_far_to_the_right_stays_there() -> None:
    assert in_hook("deny  5.7.1       # far") == "deny 5.7.1        # far"
    assert in_hook("deny  5.7.1  # near") == "deny 5.7.1  # near"


def test_comments_that_share_a_column_by_tabs_share_one_by_blanks() -> None:
    assert in_hook("log(x)\t\t# one\naccept\t\t# two\ndeny\t\t# three") == (
        "log(x)      # one\naccept      # two\ndeny        # three"
    )


def test_wide_characters_count_as_they_show() -> None:
    assert in_hook('f("日本")  # one\ng("a")     # two') == 'f("日本")  # one\ng("a")     # two'


def test_settings_that_somebody_aligned_are_all_aligned() -> None:
    assert form("server:\n  a   = 1\n  bcd = 2\n  # longest\n  efghi = 3\n") == (
        "server:\n    a     = 1\n    bcd   = 2\n    # longest\n    efghi = 3\n"
    )


def test_settings_that_nobody_aligned_are_not() -> None:
    text = "server:\n    a = 1\n    bcd = 2\n\n    e   = 3\n"
    assert form(text) == text.replace("e   =", "e =")


def test_blanks_before_a_sign_that_align_nothing_go() -> None:
    assert form("server:\n    a    = 1\n    b    = 2\n    c = 3\n") == "server:\n    a = 1\n    b = 2\n    c = 3\n"
    assert form("let a    = 1\nlet bcd = 2\n") == "let a = 1\nlet bcd = 2\n"


def test_what_follows_the_cases_of_a_match_may_be_aligned() -> None:
    text = "match x:\n    case a:       deny\n    case b, c, d: pass\n    else:         skip"
    assert in_hook(text) == text
    assert in_hook("match x:\n    case a:  deny\n    case b, c:   pass") == "match x:\n    case a: deny\n    case b, c: pass"


def test_the_arrows_of_a_test_keep_their_column_while_there_is_room() -> None:
    text = 'test "x":\n    helo "a"     -> accept\n    wait 5m\n    mail "b"     -> accept\n    rcpt "abc"   -> deny\n'
    assert form(text) == text
    assert form(text.replace('"abc"   ', '"abcde"  ')) == text.replace('"abc"   ', '"abcde" ')
    assert form(text.replace('"abc"   ', '"abcdefgh" ')) == (
        text.replace('"a"     ', '"a"        ').replace('"b"     ', '"b"        ').replace('"abc"   ', '"abcdefgh" ')
    )


def test_lines_break_where_the_author_broke_them() -> None:
    assert form('let a = [\n"x", "y",\n  "z",\n  ]\nlet b = f(g(\n1\n), [\n2])\n') == (
        'let a = [\n    "x", "y",\n    "z",\n]\nlet b = f(g(\n    1\n), [\n    2])\n'
    )


def test_comments_and_blank_lines_inside_brackets_stay_there() -> None:
    assert form("let a = [ # first\n# one\n1,\n\n\n\n2 # two\n      # all\n]\n") == (
        "let a = [  # first\n    # one\n    1,\n\n\n    2  # two\n    # all\n]\n"
    )


def test_a_header_that_goes_on_is_told_from_its_block() -> None:
    assert in_hook("if (a or\n  b):\n  deny") == "if (a or\n        b):\n    deny"
    assert in_hook("if (\n  a or b\n  ):\n  deny") == "if (\n    a or b\n):\n    deny"
    assert in_hook("if (a or\n  b) deny") == "if (a or\n    b) deny"


@pytest.mark.parametrize(
    "wrong", ["on rcpt\n    deny\n", "let  x = [1\n", "on rcpt:\n\tdeny\n", "let  x = 1.5h\n", 'let  x = "a\n']
)
def test_what_does_not_parse_is_given_back_with_the_findings(wrong: str) -> None:
    findings = Findings()
    assert formatted(wrong, "rules.q", findings) == wrong
    assert findings.errors and findings.sources["rules.q"]


def test_a_large_file_is_formatted_in_seconds() -> None:
    text = PAGE.replace("\nend\n", "\n").replace("    ", "  ") * 110
    assert text.count("\n") > 10_000
    begun = time.process_time()
    form(text)
    assert time.process_time() - begun < 15  # twice about 2 s
