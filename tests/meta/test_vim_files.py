"""The Vim files, in a real Vim: which group each word gets, and how lines are indented."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from meta.checkout import ROOT
from meta.coloured_words import Word, rules_texts, words
from qpsmtpd.dsl.check.filters import FILTERS
from qpsmtpd.dsl.check.steps import COMMANDS
from qpsmtpd.dsl.model.builtins import FREE
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings, meanings
from qpsmtpd.dsl.model.types import SCALARS
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, VERBS
from qpsmtpd.stdlib import catalogue

_FOLDER = ROOT / "docs" / "editors" / "vim"
_PATIENCE = 120.0
_GROUPS = {
    "text": ("Text", "Escape", "Hole", "HoleMark", "LongHole", "HoleText", "HoleLongText", "HoleName", "Filter", "Member"),
    "comment": ("Comment",),
    "pattern": ("Pattern",),
    "address": ("Address",),
    "time": ("Time",),
    "constant": ("Constant",),
    "number": ("Number",),
    "disconnect": ("Operator", "Disconnect", ""),
    "keyword": ("Control", "Top", "Operator", "Inside"),
    "verdict": ("Verdict",),
    "hook": ("Hook",),
    "listener": ("Place",),
    "function": ("Function",),
    "call": ("Call",),
    "member": ("Member",),
    "setting": ("Setting",),
    "value": ("Declared",),
    "definition": ("Declared",),
    "type": ("Type",),
    "case": ("Value",),
    "label": ("Label",),
    "step": ("Step",),
}
"""The groups of each kind of word, without the prefix that they share."""

_START = """\
set nocompatible
execute 'set runtimepath^=' . $VIM_FILES
filetype plugin indent on
syntax on
"""
_ASK = """\
let answers = []
for [name, places] in json_decode(readfile('places.json')[0])
  execute 'edit ' . name
  call add(answers, map(places, {_, p -> synIDattr(synID(p[0], p[1], 1), 'name')}))
endfor
call writefile([json_encode(answers)], 'answers.json')
"""


def _vim(folder: Path, script: str) -> None:
    """Runs a script in a Vim that has these files and nobody's settings."""
    (folder / "script.vim").write_text(f"{_START}{script}qall!\n")
    command = ["vim", "-Nes", "-u", "NONE", "-i", "NONE", "-S", "script.vim"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "VIM_FILES": str(_FOLDER), "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _groups(folder: Path, texts: list[tuple[str, list[tuple[int, int]]]]) -> list[list[str]]:
    """The group at each place (line from 1, character from 0) of each text."""
    wanted = []
    for i, (text, places) in enumerate(texts):
        (folder / f"{i}.q").write_text(text, "utf-8")
        lines = text.splitlines()
        wanted.append([f"{i}.q", [[line, len(lines[line - 1][:column].encode()) + 1] for line, column in places]])
    (folder / "places.json").write_text(json.dumps(wanted))
    _vim(folder, _ASK)
    answers: list[list[str]] = json.loads((folder / "answers.json").read_text())
    return [[group.removeprefix("qpsmtpd") for group in each] for each in answers]


def _places(word: Word) -> list[tuple[int, int]]:
    return [(word.line, word.column + i) for i in range(len(word.text))]


def test_vim_says_of_each_word_of_the_repository_what_it_is(tmp_path):
    named = list(rules_texts())
    told = [words(text) for _, text in named]
    asked = [(text, [place for word in each for place in _places(word)]) for (_, text), each in zip(named, told, strict=True)]
    wrong = []
    for (name, _), each, groups in zip(named, told, _groups(tmp_path, asked), strict=True):
        answers = iter(groups)
        for word in each:
            found = [next(answers) for _ in word.text]
            if not set(found) <= set(_GROUPS[word.kind]):
                wrong.append((name, word, found))
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "names", "groups"),
    [
        ("    {} 5", KEYWORDS.keys() - {"true", "false", "listener"} - set(VERBS), ("Control", "Top", "Operator", "Inside")),
        ("    if x {} 5.7.1", VERBS, ("Verdict",)),
        ('    {} "x" -> accept', COMMANDS, ("Step",)),
        ("on {}:", HOOKS, ("Hook",)),
        ("    if {} == 5", READABLE, ("Name",)),
        ("let x: {} = 5", SCALARS, ("Type",)),
        ("    if {}(5) deny", [*catalogue(), *FREE], ("Function",)),
        ("    {} = 5", [*meanings(ServerSettings), *meanings(ListenerSettings)], ("Setting",)),
        ('    log("{{{{ x | {} }}}}")', FILTERS, ("Filter",)),
    ],
)
def test_every_word_of_the_language_is_in_the_syntax_file(tmp_path, line, names, groups):
    names = sorted(names)
    column = line.replace("{{{{", "{{").index("{}")
    text = "\n".join(line.format(name) for name in names)
    (found,) = _groups(tmp_path, [(text, [(i, column) for i in range(1, len(names) + 1)])])
    assert {name: group for name, group in zip(names, found, strict=True) if group not in groups} == {}


@pytest.mark.parametrize(
    ("text", "piece", "group"),
    [
        ('log("{{ helo }}")', "helo", "HoleName"),
        ('log("{{ helo }}")', "{{", "HoleMark"),
        (r'log("{{ x | default(\"a\") }} b")', " b", "Text"),
        ('deny """{{ x | default("a") }}\nb"""', "b", "Text"),
        ('log("# none")', "# none", "Text"),
        (r'log("\u{263a}")', r"\u{263a}", "Escape"),
        (r'log("\x")', r"\x", "BadEscape"),
        ("if score > 5x deny", "5x", "Wrong"),
        ("f(past = 30d)", "past", "Parameter"),
        ("at 2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", "Time"),
    ],
)
def test_what_is_special_about_a_piece_is_seen(tmp_path, text, piece, group):
    number, line = next((i, line) for i, line in enumerate(text.splitlines(), 1) if piece in line)
    places = [(number, line.index(piece) + i) for i in range(len(piece))]
    assert set(_groups(tmp_path, [(text, places)])[0]) == {group}


@pytest.fixture
def typed(tmp_path) -> Callable[[str, str], list[str]]:
    """Types keys behind the last line of a text, and gives the lines that come of it."""

    def type_(text: str, keys: str) -> list[str]:
        (tmp_path / "a.q").write_text(text)
        _vim(tmp_path, f'edit a.q\nexecute "normal G{keys}\\<Esc>"\nwrite\n')
        return (tmp_path / "a.q").read_text().splitlines()

    return type_


@pytest.mark.parametrize(
    ("above", "typed_line", "shown"),
    [
        ("on rcpt:", "pass", "    pass"),
        ("on rcpt: deny", "end", "end"),
        ('on rcpt:\n    if helo == "#":  # so', "deny", "        deny"),
        ('on rcpt:\n    if helo == "x:" deny  # so:', "pass", "    pass"),
        ("on rcpt:\n    if relay:\n        accept", "else:", "    else:"),
        ("on rcpt:\n    if relay:\n        if trusted:\n            accept", "elif x:", "        elif x:"),
        (
            "on mail:\n    match spf():\n        case fail: deny\n        case none:\n            pass",
            "case pass:",
            "        case pass:",
        ),
        ("server:", "tls = off", "    tls = off"),
    ],
)
def test_a_new_line_stands_where_it_belongs(typed, above, typed_line, shown):
    assert typed(f"{above}\n", f"o{typed_line}")[-1] == shown


def test_blocks_are_indented_by_blanks_and_comments_go_on(typed):
    assert typed("on rcpt:\n", "o\\<Tab>x")[-1] == "        x"
    assert typed("# one\n", "otwo")[-1] == "# two"
