import json
import pkgutil
import re
import shlex

import click
import pytest

from qpsmtpd.runtime import __version__, cli
from running_service import command, process, write_rules

FAULTY = "on rcpt: unless rcpthost(domain) deny\non queue: discard\n"
NAMES = sorted(module.name for module in pkgutil.iter_modules(cli.__path__))


def test_the_commands_are_the_files_of_the_folder_each_with_its_line(tmp_path):
    done = command("--help", cwd=tmp_path)
    listed = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert done.returncode == 0 and [line.split()[0] for line in listed] == NAMES
    assert all(re.fullmatch(r"  \w+ +[A-Z].*\.", line) and not line.endswith("...") for line in listed)


def _examples(shown: str) -> list[str]:
    """The command lines below `Examples:` in a help text, without what the shell does."""
    lines = shown.partition("  Examples:\n")[2].partition("\n\n")[0].splitlines()
    return [re.split(r" [<>|] ", line)[0].strip() for line in lines]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_short_help_with_examples(tmp_path, name):
    done = command(name, "--help", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith(f"Usage: qpsmtpd {name} ")
    assert done.stdout.count("\n") <= 50 and max(map(len, done.stdout.splitlines())) <= 100
    assert all(example.split()[:2] == ["qpsmtpd", name] for example in _examples(done.stdout))


@pytest.mark.parametrize("name", ["", *NAMES])
def test_the_examples_of_a_help_text_can_be_typed_so(tmp_path, name):
    examples = _examples(command(*filter(None, [name]), "--help", cwd=tmp_path).stdout)
    assert examples
    for example in examples:
        _, name, *words = shlex.split(example)
        found = cli.qpsmtpd.get_command(click.Context(cli.qpsmtpd), name)
        assert found is not None, example
        found.make_context(name, words)  # raises where an option or a value is none


def test_version_is_said(tmp_path):
    assert process("--version", cwd=tmp_path).stdout == f"qpsmtpd {__version__}\n"


def test_a_misspelt_command_is_recognised(tmp_path):
    done = process("chekc", "rules.q", cwd=tmp_path)
    assert done.returncode == 2 and "did you mean `check`?" in done.stderr


def test_an_unknown_option_is_wrong_usage(tmp_path):
    assert command("check", "--fromat", "json", "rules.q", cwd=tmp_path).returncode == 2
    assert command("check", cwd=tmp_path).returncode == 2


def test_a_bug_is_not_taken_for_findings(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("qpsmtpd.dsl.compile.check", broken)
    rules = write_rules(tmp_path)
    done = command("check", rules, cwd=tmp_path)
    assert done.returncode == 3
    assert "error[Q901]" in done.stdout
    assert "ZeroDivisionError" in done.stdout


def test_a_bug_of_the_command_itself_keeps_its_traceback(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("qpsmtpd.dsl.diagnostics.render.render_text", broken)
    done = command("check", write_rules(tmp_path), cwd=tmp_path)
    assert done.returncode == 3 and "Traceback" in done.stderr


def test_check_of_good_rules_exits_with_0(tmp_path):
    write_rules(tmp_path)
    done = process("check", "rules.q", cwd=tmp_path)
    assert done.returncode == 0 and "no errors, no warnings" in done.stdout and "\x1b" not in done.stdout


def test_check_of_faulty_rules_exits_with_1_and_shows_each_finding(tmp_path):
    write_rules(tmp_path, FAULTY)
    done = command("check", "rules.q", cwd=tmp_path)
    assert done.returncode == 1 and "rules.q:7:17: error[Q202]" in done.stdout and "rcpthosts" in done.stdout


def test_the_fail_level_decides_what_counts_as_a_negative_answer(tmp_path):
    write_rules(tmp_path)
    codes = [
        command("check", "--fail-level", level, "rules.q", cwd=tmp_path).returncode for level in ("error", "warning", "note")
    ]
    assert codes == [0, 0, 1]


def test_findings_as_json_are_one_list_for_all_files(tmp_path):
    rules = write_rules(tmp_path, FAULTY)
    other = tmp_path / "other.q"
    other.write_text("on recpt: deny\n")
    done = command("check", "--format", "json", rules.name, other.name, cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and {"rules.q", "other.q"} == {finding["file"] for finding in found}
    wanted = {"code", "severity", "message", "file", "line", "column", "end_line", "end_column", "help"}
    assert all(wanted <= set(finding) for finding in found)


def test_a_file_that_cannot_be_read_exits_with_3_and_the_others_are_checked(tmp_path):
    write_rules(tmp_path, FAULTY)
    done = command("check", "missing.q", "rules.q", tmp_path, cwd=tmp_path)
    assert done.returncode == 3 and "Q202" in done.stdout
    assert (
        done.stderr
        == f"qpsmtpd: cannot read missing.q: No such file or directory\nqpsmtpd: cannot read {tmp_path}: Is a directory\n"
    )


def test_of_files_none_of_which_can_be_read_nothing_is_said_to_be_in_order(tmp_path):
    done = command("check", "missing.q", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert json.loads(command("check", "--format", "json", "missing.q", cwd=tmp_path).stdout) == []


@pytest.mark.parametrize("code", ["Q501", "q501", "501", "[Q501]"])
def test_explain_prints_the_page_of_a_code_however_it_is_written(tmp_path, code):
    done = command("explain", code, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("Q501 error: ")
    assert all(f"\n{part}\n" in done.stdout for part in ("WHAT", "WHY", "AVOID", "PREFER")) and "```" not in done.stdout


def test_explain_without_a_code_lists_them_all(tmp_path):
    done = command("explain", cwd=tmp_path)
    assert done.returncode == 0 and "Q501  error    These rules relay for strangers\n" in done.stdout


def test_explain_of_an_unknown_code_is_wrong_usage(tmp_path):
    done = command("explain", "Q999", cwd=tmp_path)
    assert done.returncode == 2 and "there is no code Q999; `qpsmtpd explain` lists them all" in done.stderr
    assert "did you mean `Q501`?" in command("explain", "Q5O1", cwd=tmp_path).stderr


@pytest.mark.parametrize("name", ["reload", "status"])
def test_without_a_service_the_commands_that_ask_one_exit_with_3(tmp_path, name):
    write_rules(tmp_path)
    done = process(name, "rules.q", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == f"qpsmtpd: no service is running with the state folder {tmp_path}/state\n"
    quick = command(name, cwd=tmp_path)
    assert quick.returncode == 3 and f"{tmp_path}/qpsmtpd-data/state" in quick.stderr


@pytest.mark.parametrize("name", ["reload", "status"])
def test_a_rules_file_that_is_not_there_names_the_other_way(tmp_path, name):
    done = command(name, "missing.q", cwd=tmp_path)
    assert done.returncode == 3 and "--state-dir" in done.stderr
