"""`use`: patterns of names, shipped files and Python files; what each brings and what is said when it does not."""

from __future__ import annotations

from checked_rules import checked

_PYTHON = """from qpsmtpd.dsl.model.functions import Kind, function


@function(kind=Kind.PURE)
def triple(number: float) -> float:
    \"\"\"Three times the number.\"\"\"
    return 3 * number
"""


def test_a_pattern_brings_its_files_in_the_order_of_their_bytes():
    files = {"conf.d/b.q": "on mail: if relay deny", "conf.d/B.q": "on mail: if trusted deny", "conf.d/x.txt": "no"}
    outcome = checked('use "conf.d/*.q"', files)
    assert outcome.codes == []
    assert [b.span.file for b in outcome.blocks("mail")] == ["conf.d/B.q", "conf.d/b.q"]


def test_a_pattern_that_no_file_matches_is_a_warning():
    (finding,) = checked('use "conf.d/*.q"\non mail: if relay deny').found
    assert (finding.code, finding.severity) == ("Q122", "warning")


def test_a_pattern_does_not_mean_the_file_that_has_it():
    assert checked('use "*.q"', {"site.q": "on mail: if relay deny"}).codes == []


def test_a_shipped_file_is_put_in_place_whole():
    files = {"/shipped/standard/mx.q": "let limit = 3\non mail: if score > limit deny"}
    outcome = checked("use standard/mx", files)
    assert outcome.codes == []
    assert outcome.blocks("mail")[0].span.file == "/shipped/standard/mx.q"
    (finding,) = checked("use standard/nx", files).found
    assert finding.code == "Q120" and 'use "standard/nx.q"' in finding.help
    (finding,) = checked('use "standard/mx.q"', files).found
    assert finding.code == "Q120" and "`use standard/mx`" in finding.help


def test_what_a_shipped_file_names_stands_beside_the_main_file():
    gate = 'on rcpt: unless rcpthosts(domain) deny\non queue: maildir("Maildir")'
    files = {"/shipped/standard/mx.q": gate, "/shipped/standard/rcpthosts": "shipped.example", "/etc/q/rcpthosts": "example.org"}
    outcome = checked("use standard/mx", files, path="/etc/q/rules.q")
    assert outcome.codes == []
    (rule,), (delivery,) = outcome.blocks("rcpt")[0].body, outcome.blocks("queue")[0].body
    assert list(rule.condition.operand.arguments[1].value) == ["example.org"]
    assert delivery.call.arguments[0].value == "/etc/q/Maildir"


def test_a_python_file_brings_its_functions():
    outcome = checked('use "local.py"\non mail: if triple(score) > 9 deny', {"local.py": _PYTHON})
    assert outcome.codes == []


def test_a_python_file_that_cannot_be_used_says_why_and_where():
    for text, said in [
        ("x = (", "line 1"),
        ("import nothing_of_that_name", "line 1: ModuleNotFoundError"),
        ("x = 1\n", "no function"),
        (_PYTHON.replace("-> float", "-> object"), "no type of the rule language"),
        (_PYTHON.replace("triple", "half"), "already"),
    ]:
        outcome = checked('use "local.py"\non mail: if relay deny', {"local.py": text})
        assert [f.line for f in outcome.found] == [1], outcome.told
        assert said in outcome.found[0].message


def test_files_may_be_used_from_files_and_each_counts_once():
    files = {"a.q": 'use "b.q"\nlet one = 1', "b.q": "let two = 2"}
    assert checked('use "a.q"\nuse "b.q"\non mail: if score > one or score > two deny', files).codes == []
    assert checked('use "a.q"', {"a.q": 'use "b.q"', "b.q": 'use "a.q"'}).codes == ["Q121"]
