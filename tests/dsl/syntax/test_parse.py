"""The whole language becomes the tree, with exact places."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from parsed_rules import body, clean, expression, nodes, only, spelled
from qpsmtpd.dsl.model.values import Rate
from qpsmtpd.dsl.syntax import tree

WHOLE = (Path(__file__).parent / "files" / "example_page.q").read_text("utf-8")


def test_the_page_that_shows_the_whole_language_parses() -> None:
    file = clean(WHOLE)
    kinds = [type(statement).__name__ for statement in file.statements]
    assert kinds[:9] == ["Use", "Use", "Server", "Listener", "Listener", "Let", "Let", "Define", "Policy"]
    assert kinds[9:] == ["Apply", *["On"] * 7, "Apply", *["On"] * 3, "Require", "Test"]
    assert file.ended


def test_every_node_lies_inside_the_text_and_inside_its_parent() -> None:
    file = clean(WHOLE)
    for node in nodes(file.statements):
        start, end = (node.span.line, node.span.column), (node.span.end_line, node.span.end_column)
        assert start < end
        for child in nodes(tuple(getattr(node, name) for name in node.__slots__))[:50]:
            assert start <= (child.span.line, child.span.column)
            assert (child.span.end_line, child.span.end_column) <= end


def test_a_span_is_exactly_the_text_of_its_node() -> None:
    lines = WHOLE.split("\n")
    for node in nodes(clean(WHOLE).statements):
        if isinstance(node, tree.Name | tree.Literal) and node.span.line == node.span.end_line:
            text = lines[node.span.line - 1][node.span.column - 1 : node.span.end_column - 1]
            assert text == (node.text if isinstance(node, tree.Name) else node.raw)


def test_the_span_of_a_call_ends_behind_its_bracket() -> None:
    span = expression('f(a, "b")').span
    assert (span.column, span.end_column) == (9, 18)


def test_an_empty_file_and_one_of_comments_have_no_statements() -> None:
    assert clean("").statements == ()
    assert clean("# nothing\n\n   # here\n").statements == ()


def test_lines_may_end_in_cr_lf_and_the_last_one_in_nothing() -> None:
    assert len(clean("on connect:\r\n    pass\r\nlet x = 5").statements) == 2


def test_a_text_of_several_lines_means_the_same_with_cr_lf() -> None:
    text = 'on connect: deny """two\nlines"""  # why\n'
    assert only(text.replace("\n", "\r\n")) == only(text)


@pytest.mark.parametrize(
    ("text", "tree_text"),
    [
        ("a or b and not c", "(a or (b and (not c)))"),
        ("a and b and c", "((a and b) and c)"),
        ("not a == b", "(not (a == b))"),
        ("a + b - c == d", "(((a + b) - c) == d)"),
        ("a ?? b == c", "((a ?? b) == c)"),
        ("-a + b", "((- a) + b)"),
        ("x not in y", "(x not in y)"),
        ("x  not   matches /y/i", "(x not matches /y/i)"),
        ("(a or b) and c", "((a or b) and c)"),
        ('header["X-Y"].all(1)', 'header["X-Y"].all(1)'),
        ("f(a, n = 5, v = deny)", "f(a, n=5, v=<deny>)"),
        ("sender == <>", "(sender == <>)"),
        ("[a, [b,], []]", "[a, [b], []]"),
        ('{ "k": v, }', '{"k": v}'),
        ("message.size < 500KB", "(message.size < 500KB)"),
    ],
)
def test_operators_bind_as_people_expect(text: str, tree_text: str) -> None:
    assert spelled(expression(text)) == tree_text


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5", "number", 5),
        ("250", "number", 250),
        ("2.5", "number", 2.5),
        ("250ms", "duration", 0.25),
        ("1h30m", "duration", 5400.0),
        ("2d", "duration", 172800.0),
        ("512B", "size", 512),
        ("25MB", "size", 25_000_000),
        ("10MiB", "size", 10 * 1024 * 1024),
        ("1.5KB", "size", 1500),
        ("300/1h", "rate", Rate(300, 3600.0)),
        ("10/m", "rate", Rate(10, 60.0)),
        ("true", "bool", True),
        ('"a\\"b\\\\c\\n\\t\\u{E9}"', "text", 'a"b\\c\n\té'),
        ('"""one\ntwo"""', "text", "one\ntwo"),
        (r"/^a\/b\.c/i", "pattern", (r"^a/b\.c", "i")),
    ],
)
def test_a_literal_has_its_value(text: str, kind: str, value: object) -> None:
    literal = expression(text)
    assert (literal.kind, literal.value, literal.raw) == (kind, value, text)


def test_a_verdict_has_all_its_parts() -> None:
    (verdict,) = body('deny at rcpt 550 5.7.1 "No" and disconnect')
    assert (verdict.verb.text, verdict.at.text, verdict.code.value) == ("deny", "rcpt", 550)
    assert (verdict.enhanced.value, verdict.message.value, verdict.disconnect) == ("5.7.1", "No", True)


def test_a_verb_that_is_a_parameter_or_misspelt_is_left_to_the_checker() -> None:
    (verdict,) = body('denny 550 "x"')
    assert (verdict.verb.text, verdict.code.value) == ("denny", 550)


def test_a_reserved_word_names_things_where_no_keyword_can_stand() -> None:
    match, assign = body("match spf():\n    case pass, test: pass\nserver = case.match")
    assert [name.text for name in match.cases[0].values] == ["pass", "test"]
    assert assign.target.text == "server"


def test_branches_nest_from_the_last_one_outwards() -> None:
    (statement,) = body("if a:\n    deny\nelif b:\n    defer\nelse:\n    pass\nunknown:\n    skip")
    (inner,) = statement.orelse
    assert (statement.keyword, inner.keyword, inner.orelse[0].verb.text) == ("if", "elif", "pass")
    assert statement.unknown[0].verb.text == "skip"
    assert inner.unknown is None


def test_an_unknown_line_belongs_to_the_one_line_if_above_it() -> None:
    one, two = body("if a deny\nunknown defer\nunless b deny unknown pass")
    assert (one.keyword, one.then[0].verb.text, one.unknown[0].verb.text) == ("if", "deny", "defer")
    assert (two.keyword, two.then[0].verb.text, two.unknown[0].verb.text) == ("unless", "deny", "pass")


def test_labels_and_shadow_mark_a_statement() -> None:
    one, two, three = body("@early\nif a deny\n@late shadow deny\nshadow pass")
    assert (one.label.name.text, one.shadow, one.statement.keyword) == ("early", False, "if")
    assert (two.label.name.text, two.shadow, two.statement.verb.text) == ("late", True, "deny")
    assert (three.label, three.shadow) == (None, True)


def test_assignments_calls_and_locals_are_statements() -> None:
    add, call, local = body('score += 2.5 as BL\nheader.add("X", 1)\nlet a = score - 1')
    assert (add.target.text, add.operator, add.alias.text) == ("score", "+=", "BL")
    assert spelled(call.call) == 'header.add("X", 1)'
    assert (local.name.text, spelled(local.value)) == ("a", "(score - 1)")


def test_the_line_of_a_hook_may_hold_its_one_statement() -> None:
    on = only('@x shadow on mail, rcpt at mx, sub unless trusted: if a == "b" deny unknown pass')
    assert [h.text for h in on.hooks] == ["mail", "rcpt"]
    assert [name.text for name in on.listeners] == ["mx", "sub"]
    assert (on.label.name.text, on.shadow, on.guard.keyword, spelled(on.guard.condition)) == ("x", True, "unless", "trusted")
    assert on.body[0].unknown[0].verb.text == "pass"


def test_hook_names_are_names() -> None:
    assert only("on recpt: pass").hooks[0].text == "recpt"


def test_policies_and_their_use_parse() -> None:
    policy = only(
        'policy p(a: list[text] = ["x"], b: domain?, r: verb = deny):\n    "Doc."\n    var v = 0 per connection\n    on mail: r 5.1.1'
    )
    kinds = [(p.name.text, p.type.name.text, p.type.optional) for p in policy.params]
    assert kinds == [("a", "list", False), ("b", "domain", True), ("r", "verb", False)]
    assert policy.doc.value == "Doc."
    assert [type(item).__name__ for item in policy.body] == ["Var", "On"]
    apply = only("shadow apply standard/mx(p = 5m, reject = defer) at mx unless trusted")
    assert (apply.target, apply.shadow, len(apply.arguments), apply.guard.keyword) == ("standard/mx", True, 2, "unless")


def test_use_names_a_file_or_a_shipped_path() -> None:
    assert (only('use "conf.d/*.q"').target, only('use "x.q"').path) == ("conf.d/*.q", False)
    assert (only("use standard/mx").target, only("use standard/mx").path) == ("standard/mx", True)


def test_steps_of_a_test_parse() -> None:
    test = only(
        'test "t":\n    given f("x") fails\n    client 2001:db8::1 "h" at mx\n    at 2026-01-31T12:00:00Z\n'
        '    data file("x.eml") -> deny 550 "no" by @zen\n    expect fired @zen\n    wait 5m\n    expect score == 0\n'
    )
    given, client, at, data, fired, wait, expect = test.steps
    assert (given.value, client.words[0].value, client.listener.text) == (None, "2001:db8::1", "mx")
    assert (at.time, data.expected.code.value, data.by.name.text) == ("2026-01-31T12:00:00Z", 550, "zen")
    assert (fired.fired.name.text, wait.words[0].value, spelled(expect.value)) == ("zen", 300.0, "(score == 0)")


def test_a_line_may_break_inside_brackets_and_hold_comments_there() -> None:
    assert spelled(expression('[ # one\n"a", # two\n\n    "b"\n]')) == '["a", "b"]'


def test_only_a_last_line_end_counts() -> None:
    assert clean("on connect: pass\nend\n# a comment\n").ended
    assert not clean("on connect: pass\n").ended


def test_parsing_loads_no_parser_generator() -> None:
    code = (
        "import sys; from qpsmtpd.dsl.syntax.parse import parse; from qpsmtpd.dsl.diagnostics.findings import Findings; "
        "parse('on connect: pass', 'r', Findings()); sys.exit('lark' in sys.modules)"
    )
    root = Path(__file__).parents[3] / "dsl"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=False).returncode == 0
