"""Every code block that people read is true.

Info strings: `q` checks without error or warning as a file of its own (a second word ending in .q also writes it for
the commands after it); `q fragment` leaves gate and delivery to the test; `q bad Q501` gives that finding. `file NAME`
is a data file of the page. In `console` each `$ qpsmtpd …` line is run, and its output is what stands below it (`...`
for any lines); lines after a comment `# …` alone are not commands. `python` runs. `sh`, `json`, `ini` and `yaml` need a comment
`<!-- not run: reason -->` before them; `text` is no code.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from meta.checkout import documents, environment, shown
from meta.markdown_page import Fence, fences
from meta.rules_text import FILES, codes, compiled, completed, told

_WITH_REASON = {"sh", "json", "ini", "yaml"}
_KNOWN = {"q", "file", "console", "python", "text"} | _WITH_REASON
_SAFE = {"check", "doc", "explain", "fmt", "show", "test", "trace", "--version", "--help", "-h"}
_PAGES = [pytest.param(page, id=shown(page)) for page in documents()]


@pytest.mark.parametrize("page", _PAGES)
def test_every_code_block_says_what_it_is(page):
    unknown = [
        f"line {fence.line}: {fence.info!r}" for fence in fences(page) if fence.words[:1] != [] and fence.words[0] not in _KNOWN
    ]
    silent = [f"line {fence.line}: no info string" for fence in fences(page) if not fence.words]
    unexplained = [f"line {f.line}: no reason" for f in fences(page) if f.words and f.words[0] in _WITH_REASON and not f.reason]
    assert unknown + silent + unexplained == []


@pytest.mark.parametrize("page", _PAGES)
def test_the_rules_of_a_page_check_as_it_says(page):
    files = dict(FILES)
    for fence in fences(page):
        if fence.words[:1] == ["file"]:
            files[fence.words[1]] = fence.text
        elif fence.words[:1] == ["q"]:
            _check(fence, files)


def _check(fence: Fence, files: dict[str, str]) -> None:
    options = fence.words[1:]
    name = next((word for word in options if word.endswith(".q")), "")
    outcome = compiled(completed(fence.text) if "fragment" in options else fence.text, files)
    wanted = {word for word in options if re.fullmatch(r"Q\d{3}", word)}
    if "bad" in options:
        assert wanted, f"line {fence.line}: which finding?"
        assert wanted <= set(codes(outcome, "error", "warning", "note")), f"line {fence.line}:\n{told(outcome)}"
    else:
        assert codes(outcome, "error", "warning") == [], f"line {fence.line}:\n{told(outcome)}"
    if name:
        files[name] = fence.text


@pytest.mark.parametrize("page", _PAGES)
def test_the_commands_of_a_page_print_what_it_shows(page, tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    for fence in fences(page):
        if fence.words[:1] == ["file"]:
            (tmp_path / fence.words[1]).write_text(fence.text)
        elif fence.words[:1] == ["q"] and fence.words[-1].endswith(".q"):
            (tmp_path / fence.words[-1]).write_text(fence.text)
        elif fence.words[:1] == ["console"]:
            _run(fence, tmp_path)


def _run(fence: Fence, folder: Path) -> None:
    for entry in re.split(r"^(?=\$ )", fence.text, flags=re.MULTILINE):
        if not entry.strip():
            continue
        assert entry.startswith("$ "), f"line {fence.line}: output before a command"
        command, _, shown_output = entry.removeprefix("$ ").partition("\n")
        words = shlex.split(command)
        assert words[0] == "qpsmtpd", f"line {fence.line}: only qpsmtpd is run here"
        assert words[1] in _SAFE, f"line {fence.line}: {command}: use ```sh and say why it is not run"
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if shown_output.strip():
            assert _matches(shown_output, done.stdout), f"line {fence.line}: {command} printed\n{done.stdout}"
        else:
            assert done.returncode == 0, f"line {fence.line}: {command} printed\n{done.stdout}"


def _matches(wanted: str, printed: str) -> bool:
    """True when the texts are equal; a line `...` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", wanted.strip("\n") + "\n", flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*".join(parts), printed.strip("\n") + "\n") is not None


@pytest.mark.parametrize("page", _PAGES)
def test_the_python_of_a_page_runs(page, tmp_path):
    for fence in fences(page):
        if fence.words[:1] == ["python"]:
            done = subprocess.run(
                [sys.executable, "-c", fence.text], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"line {fence.line}:\n{done.stderr}"


@pytest.mark.parametrize("page", _PAGES)
def test_the_links_of_a_page_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL))
    assert [target for target in targets if not (page.parent / target).exists()] == []
