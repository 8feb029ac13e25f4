"""The manual as a whole: who is found in it by which name, and that nothing is left out."""

from __future__ import annotations

import dataclasses
import json

import pytest

from checked_rules import LIBRARY, checked
from qpsmtpd.dsl.check.filters import FILTERS
from qpsmtpd.dsl.diagnostics.codes import codes
from qpsmtpd.dsl.manual import as_json, as_markdown
from qpsmtpd.dsl.manual.chapters import chapter, chapters, nearest, pages
from qpsmtpd.dsl.manual.functions import KINDS
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.verdicts import MEANING, Verb

MANUAL = chapters(LIBRARY, {"greet.q": 'policy greet():\n    "Greets."\n    on connect: pass\n'})


def _kinds(name: str) -> list[str]:
    return [page.kind for page in pages(name, MANUAL)]


def test_every_function_hook_name_verdict_filter_setting_and_policy_has_a_page():
    wanted = {
        "function": set(LIBRARY),
        "function of the language": set(BUILTINS),
        "hook": set(HOOKS),
        "readable name": set(READABLE),
        "verdict": {verb.value for verb in Verb},
        "filter": set(FILTERS),
        "setting of server:": {field.name for field in dataclasses.fields(ServerSettings)},
        "setting of listener NAME:": {field.name for field in dataclasses.fields(ListenerSettings)},
        "policy": {"greet"},
    }
    for kind, names in wanted.items():
        assert {page.name for each in MANUAL for page in each.pages if page.kind == kind} == names


def test_every_page_and_chapter_is_found_by_its_name():
    for each in MANUAL:
        assert chapter(each.name, MANUAL) is each
        assert all(page in pages(page.name, MANUAL) for page in each.pages)


def test_no_page_hides_behind_the_name_of_a_chapter():
    assert {each.name for each in MANUAL} & {page.name for each in MANUAL for page in each.pages} == set()


def test_a_name_with_several_meanings_has_several_pages():
    assert _kinds("helo") == ["hook", "readable name"]
    assert _kinds("domain") == ["readable name", "type"]


@pytest.mark.parametrize("name", ["rcpthosts()", "rcpthosts(domain)", "`rcpthosts`", "RCPTHOSTS"])
def test_a_function_is_found_as_people_write_it(name):
    assert _kinds(name) == ["function"]


@pytest.mark.parametrize(("name", "page"), [("list[domain]", "list[T]"), ("map", "map[T]"), ("T?", "T?")])
def test_types_with_elements_are_found_by_their_word(name, page):
    assert [each.name for each in pages(name, MANUAL)] == [page]


@pytest.mark.parametrize(("name", "meant"), [("rcpthost", "rcpthosts"), ("hoks", "hooks"), ("maxsize", "max_size")])
def test_what_is_meant_by_a_misspelt_name_is_guessed(name, meant):
    assert pages(name, MANUAL) == [] and nearest(name, MANUAL) == f"did you mean `{meant}`?"


def test_kinds_of_functions_and_verbs_have_their_words():
    assert KINDS.keys() == set(Kind) and MEANING.keys() == set(Verb)


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_is_written_as_templates_take_it(name):
    values = ("helo", "recipients", "sender.domain")
    taken = [checked(f'on rcpt: log("{{{{ {value} | {FILTERS[name].written} }}}}")\n').codes == [] for value in values]
    assert any(taken)


def test_a_function_whose_answers_have_parts_tells_of_each():
    text = as_markdown.page(pages("scan", MANUAL)[0])
    assert '`scan(socket: text = "/run/scan.sock") -> clean | infected | error`' in text
    assert "| `infected` | `.name: text`, `.reason: text` |  |\n| `error` |  | the call failed |\n" in text
    assert "a failed call is `error`" in text


def test_the_overview_of_the_codes_has_each_of_them():
    overview = chapter("codes", MANUAL)
    assert overview is not None and all(f"[{name}](" in as_markdown.overview(overview) for name in codes())


def test_a_table_is_a_list_of_objects_for_programs():
    (page,) = json.loads(as_json.found_pages(pages("dnsbl", MANUAL)))
    assert (page["kind"], page["name"], page["summary"]) == ("function", "dnsbl", "Is the client listed?")
    tables = [part["table"] for part in page["parts"] if "table" in part]
    assert tables[0] == [{"parameter": "`zone`", "type": "`text`"}]
    assert {"part": "`.reason`", "type": "`text`"} in tables[1]


def test_every_form_prints_every_part_of_the_manual():
    for each in MANUAL:
        assert json.loads(as_json.overview(each))["pages"] == [page.name for page in each.pages]
        assert as_markdown.chapter_file(each, "a notice").startswith(f"# {each.title}\n\n<!-- a notice -->\n\n")
    listed = json.loads(as_json.topics(MANUAL))
    assert {"kind": "hook", "name": "rcpt", "summary": "RCPT TO"} in listed
    assert "* `rcpt`: RCPT TO" in as_markdown.topics(MANUAL)
