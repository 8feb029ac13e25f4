"""The editor files say of each word what it is, and their word lists are the language's own."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from babi.highlight import Compiler, Grammars, highlight_line

from meta.checkout import ROOT, environment
from meta.coloured_words import Word, rules_texts, words
from qpsmtpd.dsl.check.filters import FILTERS
from qpsmtpd.dsl.check.steps import COMMANDS
from qpsmtpd.dsl.model.builtins import FREE
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings, meanings
from qpsmtpd.dsl.model.types import SCALARS
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, VERBS
from qpsmtpd.stdlib import catalogue

_FOLDER = ROOT / "docs" / "editors"
_GRAMMAR = _FOLDER / "vscode" / "syntaxes" / "qpsmtpd.tmLanguage.json"
_TEXTS = [pytest.param(text, id=name) for name, text in rules_texts()]

_SCOPES = {
    "text": ("string.quoted",),
    "comment": ("comment.line",),
    "pattern": ("string.regexp",),
    "address": ("constant.other.ip",),
    "time": ("constant.other.time",),
    "constant": ("constant.language",),
    "number": ("constant.numeric",),
    "disconnect": ("keyword.control.verdict",),
    "keyword": ("keyword", "storage.type"),
    "verdict": ("keyword.control.verdict",),
    "hook": ("entity.name.function.hook",),
    "listener": ("entity.name.type.listener",),
    "function": ("support.function",),
    "call": ("entity.name.function.call",),
    "member": ("variable.other.member",),
    "setting": ("support.type.property-name",),
    "value": ("variable.other.constant",),
    "definition": ("entity.name.function",),
    "type": ("support.type",),
    "case": ("constant.other.enum",),
    "label": ("entity.name.label",),
    "step": ("keyword.other.step",),
}
"""The scopes of each kind of word; themes have colours for all of them."""

Scopes = tuple[str, ...]


@pytest.fixture(scope="module")
def scopes(tmp_path_factory) -> Callable[[str], list[list[Scopes]]]:
    """Gives the scopes of each character of each line of a text, by a TextMate engine."""
    folder = tmp_path_factory.mktemp("grammar")
    shutil.copy(_GRAMMAR, folder / "source.qpsmtpd.json")
    compiler = Grammars(str(folder)).compiler_for_scope("source.qpsmtpd")
    return lambda text: _scopes(compiler, text)


def _scopes(compiler: Compiler, text: str) -> list[list[Scopes]]:
    state, found = compiler.root_state, []
    for number, line in enumerate(text.splitlines()):
        state, regions = highlight_line(compiler, state, f"{line}\n", number == 0)
        found.append([region.scope for region in regions for _ in range(region.start, region.end)])
    return found


def _wrong(word: Word, line: list[Scopes]) -> bool:
    wanted = _SCOPES[word.kind]
    characters = line[word.column : word.column + len(word.text)]
    return not all(any(scope.startswith(wanted) for scope in each) for each in characters)


def test_the_committed_files_are_what_the_generator_writes(tmp_path):
    generator = [sys.executable, str(_FOLDER / "generate.py"), str(tmp_path)]
    subprocess.run(generator, cwd=tmp_path, env=environment(), check=True)
    made = {path.relative_to(tmp_path): path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    assert len(made) == 3
    for name, text in made.items():
        assert (_FOLDER / name).read_text("utf-8") == text, "run: python docs/editors/generate.py"


@pytest.mark.parametrize("text", _TEXTS)
def test_the_textmate_grammar_says_of_each_word_what_it_is(scopes, text):
    lines = scopes(text)
    assert [word for word in words(text) if _wrong(word, lines[word.line - 1])] == []


def test_every_kind_of_word_occurs_in_the_texts():
    assert {word.kind for _, text in rules_texts() for word in words(text)} >= _SCOPES.keys() - {"time"}


@pytest.mark.parametrize(
    ("line", "names", "scope"),
    [
        ("    if x {} y", ("and", "or", "in", "matches"), "keyword.operator.word"),
        (
            "    {} 5",
            KEYWORDS.keys() - {"true", "false", "listener"} - set(VERBS),
            ("keyword", "storage.type"),
        ),
        ("    if x {} 5.7.1", VERBS, "keyword.control.verdict"),
        ('    {} "x" -> accept', COMMANDS, "keyword.other.step"),
        ("on {}:", HOOKS, "entity.name.function.hook"),
        ("    if {} == 5", READABLE, "variable.language"),
        ("let x: {} = 5", SCALARS, "support.type"),
        ("    if {}(5) deny", [*catalogue(), *FREE], "support.function"),
        ("    {} = 5", [*meanings(ServerSettings), *meanings(ListenerSettings)], "support.type.property-name"),
        ('    log("{{{{ x | {} }}}}")', FILTERS, "support.function.filter"),
    ],
)
def test_every_word_of_the_language_is_in_the_grammar(scopes, line, names, scope):
    for name in names:
        text = line.format(name)
        at = line.index("{}") if "{{" not in line else text.index("| ") + 2
        found = scopes(f"# a line before it\n{text}")[1][at]
        assert any(each.startswith(scope) for each in found), (name, found)


@pytest.mark.parametrize(
    ("text", "piece", "scope"),
    [
        ('log("{{ helo }}")', "{{ helo }}", "meta.embedded.template"),
        ('log("{{ helo }}")', "helo", "variable.language"),
        (r'log("{{ x | default(\"a\") }} b")', " b", "string.quoted.double"),
        ('deny """{{ x | default("a") }}\nb"""', "b", "string.quoted.triple"),
        ('deny "a {{ x', "x", "meta.embedded.template"),
        ('log("# none")', "# none", "string.quoted.double"),
        (r'log("\u{263a}")', r"\u{263a}", "constant.character.escape"),
        (r'log("\x")', r"\x", "invalid.illegal.escape"),
        ("if score > 5x deny", "5x", "invalid.illegal.number"),
        ("use standard/mx", "standard/mx", "string.unquoted"),
        ("f(past = 30d)", "past", "variable.parameter"),
        ("reject = deny at rcpt", "rcpt", "entity.name.function.hook"),
        ("at 2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", "constant.other.time"),
    ],
)
def test_what_is_special_about_a_piece_is_seen(scopes, text, piece, scope):
    number, line = next((i, line) for i, line in enumerate(text.splitlines()) if piece in line)
    column = line.index(piece)
    found = scopes(text)[number][column : column + len(piece)]
    assert all(any(each.startswith(scope) for each in character) for character in found), found


def test_a_text_that_is_not_closed_ends_with_its_line(scopes):
    assert not any("string" in scope for scope in scopes('log("open\nif x deny')[1][0])


def test_sublime_text_has_the_same_grammar():
    sublime = plistlib.loads((_FOLDER / "sublime" / "qpsmtpd.tmLanguage").read_bytes())
    assert sublime == json.loads(_GRAMMAR.read_text("utf-8"))


def test_the_extension_for_vs_code_names_files_that_are_there():
    package = json.loads((_FOLDER / "vscode" / "package.json").read_text("utf-8"))
    (language,), (grammar,) = package["contributes"]["languages"], package["contributes"]["grammars"]
    named = [language["configuration"], grammar["path"]]
    assert all((_FOLDER / "vscode" / Path(name)).is_file() for name in named)
    made = json.loads(_GRAMMAR.read_text("utf-8"))
    assert (grammar["language"], grammar["scopeName"]) == (language["id"], made["scopeName"])
    assert language["extensions"] == [f".{kind}" for kind in made["fileTypes"]]


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("on rcpt:", True),
        ('if helo == "a:" deny', False),
        ("    else:  # otherwise", True),
        ("x = 5  # so:", False),
        ('if helo == "#":', True),
        ("on rcpt: deny", False),
    ],
)
def test_vs_code_indents_below_lines_that_open_a_block(line, opens):
    rules = json.loads((_FOLDER / "vscode" / "language-configuration.json").read_text("utf-8"))["indentationRules"]
    assert bool(re.match(rules["increaseIndentPattern"], line)) == opens
    assert bool(re.match(rules["decreaseIndentPattern"], line)) == line.strip().startswith("else")
