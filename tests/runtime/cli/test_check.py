"""`qpsmtpd check`: its forms, its exit codes, and what it changes when it is told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from meta.checkout import environment
from qpsmtpd.dsl.diagnostics.mend import Mended, mend
from running_service import PATIENCE, command, process, write_rules

SLIPS = "on rcpt: unless rcpthosts(domain) dney\non queue: maildir('Maildir');\n"
MENDED = 'on rcpt: unless rcpthosts(domain) deny\non queue: maildir("Maildir")\n'
UNUSED = 'let unused: list[domain] = ["example.net"]'
PLANTED = Path(__file__).parents[2] / "dsl" / "check" / "ten_mistakes.q"


def run(*words: str | Path, cwd: Path, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Runs `qpsmtpd check …` in a process of its own, with a text as its standard input and more environment."""
    return subprocess.run(
        [sys.executable, "-m", "qpsmtpd", "check", *map(str, words)],
        cwd=cwd,
        env={**environment(), **more},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def on_a_terminal(*words: str | Path, cwd: Path, **more: str) -> str:
    """What `qpsmtpd check …` shows on a terminal."""
    master, slave = os.openpty()
    env = {name: value for name, value in environment().items() if name != "NO_COLOR"}
    words = (sys.executable, "-m", "qpsmtpd", "check", *words)
    with subprocess.Popen(words, cwd=cwd, env={**env, "TERM": "xterm", **more}, stdin=slave, stdout=slave, stderr=slave):
        os.close(slave)
        parts = []
        try:
            while part := os.read(master, 4096):
                parts.append(part)
        except OSError:  # the other end is closed
            pass
    os.close(master)
    return b"".join(parts).decode().replace("\r\n", "\n")


def test_fix_mends_the_file_tells_what_it_changed_and_what_is_left(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, SLIPS + "on mail: if sendr == <> deny\n")
    done = command("check", "--fix", "rules.q", cwd=tmp_path)
    assert done.returncode == 1
    assert rules.read_text().endswith(MENDED + "on mail: if sendr == <> deny\n")
    told = done.stdout.split("\n\n")[0].splitlines()
    assert told == [
        "rules.q:7:35: mended[Q212] `dney` is no verdict and no statement: `dney` becomes `deny`",
        'rules.q:8:19: mended[Q110] texts stand between `"` and `"`: `\'Maildir\'` becomes `"Maildir"`',
        "rules.q:8:29: mended[Q110] no `;` stands at the end of a line: `;` is left out",
    ]
    assert "error[Q201] `sendr` is not known" in done.stdout
    again = command("check", "--fix", "rules.q", cwd=tmp_path)
    assert "mended" not in again.stdout
    assert again.returncode == 1


def test_fix_of_all_there_is_exits_with_0(tmp_path: Path) -> None:
    write_rules(tmp_path, SLIPS)
    assert command("check", "--fix", "rules.q", cwd=tmp_path).returncode == 0
    assert command("check", "rules.q", cwd=tmp_path).returncode == 0


def test_fix_mends_what_the_rules_use_and_their_data_files_too(tmp_path: Path) -> None:
    write_rules(tmp_path, 'use "more.q"\n')
    (tmp_path / "more.q").write_text(SLIPS)
    (tmp_path / "rcpthosts").write_text("example.org\nexample.org\n")
    done = command("check", "--fix", "rules.q", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "more.q").read_text() == MENDED
    assert (tmp_path / "rcpthosts").read_text() == "example.org\n"


def test_fix_with_diff_shows_and_changes_nothing(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, SLIPS)
    before = rules.read_text()
    done = command("check", "--fix", "--diff", "rules.q", cwd=tmp_path)
    assert done.returncode == 1
    assert rules.read_text() == before
    assert done.stdout.startswith("--- rules.q\n+++ rules.q\n")
    assert (
        "\n-on queue: maildir('Maildir');\n+on rcpt: unless rcpthosts(domain) deny\n+on queue: maildir(\"Maildir\")\n"
        in done.stdout
    )
    assert "error[Q212]" in done.stdout


def test_the_diff_can_be_applied(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, SLIPS)
    shown = command("check", "--fix", "--diff", "--format", "json", "rules.q", cwd=tmp_path).stderr
    command("check", "--fix", "rules.q", cwd=tmp_path)
    mended = rules.read_text()
    added = [line[1:] for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert all(line in mended.splitlines() for line in added)
    assert added


def test_what_is_changed_does_not_mix_with_other_forms(tmp_path: Path) -> None:
    write_rules(tmp_path, SLIPS)
    done = command("check", "--fix", "--format", "json", "rules.q", cwd=tmp_path)
    assert [finding["code"] for finding in json.loads(done.stdout)] == ["Q603"]
    assert "mended[Q110]" in done.stderr


def test_diff_alone_and_changing_standard_input_are_wrong_usage(tmp_path: Path) -> None:
    write_rules(tmp_path)
    assert "give both" in command("check", "--diff", "rules.q", cwd=tmp_path).stderr
    assert command("check", "--diff", "rules.q", cwd=tmp_path).returncode == 2
    assert command("check", "--fix", "-", cwd=tmp_path).returncode == 2


def test_a_file_that_cannot_be_changed_exits_with_3(tmp_path: Path) -> None:
    (tmp_path / "rcpthosts").write_text("example.org\n")
    done = run("--fix", "/dev/stdin", cwd=tmp_path, stdin=SLIPS)
    assert done.returncode == 3
    assert "qpsmtpd: cannot change /dev/stdin: It is not a regular file" in done.stderr
    assert "error[Q110]" in done.stdout
    assert "mended[" not in done.stdout


def test_a_file_that_has_changed_meanwhile_stays_and_so_does_one_that_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = write_rules(tmp_path, SLIPS)

    def slow(*arguments: Any) -> Mended:
        mended = mend(*arguments)
        rules.write_text(rules.read_text() + "# by another hand\n")
        return mended

    with monkeypatch.context() as patch:
        patch.setattr("qpsmtpd.dsl.diagnostics.mend.mend", slow)
        done = command("check", "--fix", "rules.q", cwd=tmp_path)
    assert done.returncode == 3
    assert "cannot change rules.q: it has changed since it was read" in done.stderr
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may do anything
    done = command("check", "--fix", "rules.q", cwd=tmp_path)
    assert done.returncode == 3
    assert "cannot change rules.q: it is not to be written to" in done.stderr
    assert rules.read_text().endswith(SLIPS + "# by another hand\n")


def test_a_file_that_is_named_twice_is_changed_once(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, SLIPS)
    assert command("check", "--fix", "rules.q", rules, cwd=tmp_path).returncode == 0
    assert rules.read_text().endswith(MENDED)


def test_standard_input_is_checked_as_if_it_lay_here(tmp_path: Path) -> None:
    (tmp_path / "rcpthosts").write_text("example.org\n")
    (tmp_path / "more.q").write_text("on recpt: deny\n")
    done = run("-", cwd=tmp_path, stdin=MENDED + 'use "more.q"\nlet x = y\n')
    assert done.returncode == 1
    assert "more.q:1:4: error[Q203]" in done.stdout
    assert "<stdin>:4:9: error[Q201]" in done.stdout
    shown = run("--fix", "--diff", "-", cwd=tmp_path, stdin=SLIPS)
    assert "+on rcpt: unless rcpthosts(domain) deny\n" in shown.stdout


def test_several_files_are_one_answer_without_repetition(tmp_path: Path) -> None:
    write_rules(tmp_path)
    (tmp_path / "shared.q").write_text("on recpt: deny\n")
    for name in ("a.q", "b.q"):
        (tmp_path / name).write_text(MENDED + 'use "shared.q"\n')
    done = command("check", "a.q", "./a.q", "b.q", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("Q203") == 1
    assert done.stdout.endswith("\n1 error, no warnings\n")
    assert command("check", "rules.q", "a.q", cwd=tmp_path).returncode == 1
    assert command("check", "rules.q", "missing.q", cwd=tmp_path).returncode == 3


def test_silenced_findings_count_neither_in_the_answer_nor_in_the_exit_code(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, f"{MENDED}{UNUSED}\n")
    text = rules.read_text().replace("listener mx:", "listener mx:  # q: allow Q603 -- one Maildir")
    rules.write_text(text)
    assert command("check", "--fail-level", "warning", "rules.q", cwd=tmp_path).returncode == 1
    rules.write_text(text.replace(UNUSED, f"{UNUSED}  # q: allow Q602 -- for later"))
    done = command("check", "--fail-level", "note", "rules.q", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no errors, no warnings\n")
    (run,) = json.loads(command("check", "--format", "sarif", "rules.q", cwd=tmp_path).stdout)["runs"]
    assert {(each["ruleId"], each["suppressions"][0]["justification"]) for each in run["results"]} == {
        ("Q602", "for later"),
        ("Q603", "one Maildir"),
    }


def test_sarif_names_files_from_here_and_says_whether_all_was_checked(tmp_path: Path) -> None:
    write_rules(tmp_path, SLIPS)
    done = command("check", "--format", "sarif", tmp_path / "rules.q", "missing.q", cwd=tmp_path)
    (run,) = json.loads(done.stdout)["runs"]
    assert done.returncode == 3
    assert run["invocations"] == [{"executionSuccessful": False}]
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]}
    assert places == {"rules.q"}


def test_github_gets_a_line_a_finding(tmp_path: Path) -> None:
    write_rules(tmp_path, SLIPS)
    done = command("check", "--format", "github", "rules.q", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("::error file=rules.q,line=") == 3


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_the_answer_is_the_same_from_run_to_run(tmp_path: Path, form: str) -> None:
    rules = write_rules(tmp_path, PLANTED.read_text("utf-8") + f"{UNUSED} # q: allow Q602, Q699\n")
    (tmp_path / "rcpthosts").write_text("example.org\n" * 3 + "a..b\n.example.org\nmx.example.org\n")
    answers = {run("--format", form, rules.name, cwd=tmp_path, PYTHONHASHSEED=seed).stdout for seed in ("1", "2", "3")}
    assert len(answers) == 1
    assert "Q201" in answers.pop()


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    write_rules(tmp_path, SLIPS)
    assert "\x1b[1;31merror[Q110]" in on_a_terminal("rules.q", cwd=tmp_path)
    for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_a_terminal("rules.q", cwd=tmp_path, **more)
    assert "\x1b" in on_a_terminal("rules.q", cwd=tmp_path, NO_COLOR="")
    assert "\x1b" not in process("check", "rules.q", cwd=tmp_path).stdout


def test_a_person_is_told_that_something_can_be_mended(tmp_path: Path) -> None:
    write_rules(tmp_path, SLIPS)
    assert on_a_terminal("rules.q", cwd=tmp_path).endswith("3 of them can be mended by `qpsmtpd check --fix`\n")
    assert "--fix" not in process("check", "rules.q", cwd=tmp_path).stdout
    assert "--fix" not in on_a_terminal("--fix", "rules.q", cwd=tmp_path)


def test_a_difference_can_do_nothing_to_the_terminal(tmp_path: Path) -> None:
    write_rules(tmp_path, f"# \x1b]0;owned\x07\n{SLIPS}")
    shown = on_a_terminal("--fix", "--diff", "rules.q", cwd=tmp_path, NO_COLOR="1")
    assert "\x1b" not in shown
    assert r" # \x1b]0;owned\x07" in shown
