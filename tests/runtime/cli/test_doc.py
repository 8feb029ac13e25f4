"""`qpsmtpd doc`: whatever has a page is printed by its name."""

from __future__ import annotations

import json

import pytest

from qpsmtpd.dsl.manual.chapters import chapters
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings, meanings
from qpsmtpd.runtime.resources import shipped_rules
from qpsmtpd.stdlib import catalogue
from running_service import command, process

_MANUAL = chapters(catalogue(), shipped_rules())
_NAMES = sorted({page.name for chapter in _MANUAL for page in chapter.pages})


def test_every_function_hook_name_and_setting_is_among_them():
    settings = {*meanings(ServerSettings), *meanings(ListenerSettings)}
    assert {*catalogue(), *BUILTINS, *HOOKS, *READABLE, *settings} - set(_NAMES) == set()


@pytest.mark.parametrize("name", _NAMES)
def test_everything_that_is_listed_has_its_page(tmp_path, name):
    done = command("doc", name, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith(f"{name} ") and done.stdout.count("\n") >= 3
    assert max(map(len, done.stdout.splitlines())) <= 110


def test_without_a_name_all_pages_are_listed_chapter_by_chapter(tmp_path):
    done = command("doc", cwd=tmp_path)
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in _NAMES)
    titles = [line for line in done.stdout.splitlines() if line.isupper()]
    assert titles == [chapter.title.upper() for chapter in _MANUAL if chapter.pages]


@pytest.mark.parametrize("chapter", _MANUAL, ids=lambda chapter: chapter.name)
def test_a_chapter_prints_its_overview(tmp_path, chapter):
    done = command("doc", chapter.name, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith(f"{chapter.title.upper()}\n\n")


def test_a_function_is_printed_as_text_for_a_terminal(tmp_path):
    done = process("doc", "rcpthosts", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "" and "\x1b" not in done.stdout
    assert '\nrcpthosts(domain: domain, file: file = "rcpthosts") -> bool\n' in done.stdout
    assert "```" not in done.stdout and "| ---" not in done.stdout
    assert "\n    on rcpt: unless rcpthosts(domain) deny\n" in done.stdout


def test_a_name_with_two_meanings_prints_both_pages(tmp_path):
    lines = command("doc", "domain", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[1:] for line in lines if line.startswith("domain ")] == [["readable", "name"], ["type"]]


def test_the_same_page_is_printed_as_markdown_and_for_programs(tmp_path):
    markdown = command("doc", "--format", "markdown", "dnsbl", cwd=tmp_path).stdout
    assert markdown.startswith("# dnsbl\n\n*function*\n\n") and "```q fragment\n" in markdown
    (page,) = json.loads(command("doc", "--format", "json", "dnsbl", cwd=tmp_path).stdout)
    assert page["name"] == "dnsbl" and page["kind"] == "function"


def test_lists_and_overviews_have_the_other_forms_too(tmp_path):
    listed = json.loads(command("doc", "--format", "json", cwd=tmp_path).stdout)
    assert {entry["name"] for entry in listed} == set(_NAMES)
    assert command("doc", "--format", "markdown", cwd=tmp_path).stdout.startswith(
        "# Reference\n\n## Functions\n\n* `add_header`: "
    )
    assert json.loads(command("doc", "--format", "json", "hooks", cwd=tmp_path).stdout)["title"] == "Hooks"
    assert command("doc", "--format", "markdown", "hooks", cwd=tmp_path).stdout.startswith("# Hooks\n\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rcpthost", "there is no page of `rcpthost`; did you mean `rcpthosts`?"),
        ("zzzzzz", "there is no page of `zzzzzz`; `qpsmtpd doc` lists those that there are"),
        ("q501", "the page of a diagnostic code is printed by `qpsmtpd explain Q501`"),
        ("unless", "`unless` is a word of the language itself"),
    ],
)
def test_a_name_without_a_page_is_wrong_usage_and_told_where_to_look(tmp_path, name, said):
    done = command("doc", name, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and said in done.stderr
