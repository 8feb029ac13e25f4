"""`qpsmtpd fmt`: which files it rewrites, what it says of them, and how it exits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meta.checkout import environment
from running_service import command

LOOSE = "on rcpt :\n  unless rcpthosts( domain ) deny # ours only\n"
TIDY = "on rcpt:\n    unless rcpthosts(domain) deny  # ours only\n"
WRONG = "on  rcpt\n    deny\n"


def piped(contents: bytes, *words: str, cwd: Path) -> tuple[int, bytes, str]:
    """The exit code, output and messages of `qpsmtpd fmt …` with something on standard input, in a locale that is not UTF-8."""
    done = subprocess.run(
        [sys.executable, "-m", "qpsmtpd", "fmt", *words],
        cwd=cwd,
        env={**environment(), "PYTHONIOENCODING": "latin-1"},
        input=contents,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conf.d").mkdir()
    for name, text in {"loose.q": LOOSE, "tidy.q": TIDY, "wrong.q": WRONG, "conf.d/b.q": LOOSE, "conf.d/a.q": LOOSE}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "conf.d" / "rcpthosts").write_text("  example.org\n")
    return tmp_path


def test_files_are_rewritten_and_named_and_others_left_alone(folder: Path) -> None:
    before = (folder / "tidy.q").stat()
    done = command("fmt", "loose.q", "tidy.q", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "formatted loose.q\n", "")
    assert (folder / "loose.q").read_text() == TIDY
    after = (folder / "tidy.q").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert command("fmt", "loose.q", cwd=folder).stdout == ""


def test_a_folder_stands_for_the_rules_files_below_it(folder: Path) -> None:
    (folder / "conf.d" / "deeper").mkdir()
    (folder / "conf.d" / "deeper" / "c.q").write_text(LOOSE)
    done = command("fmt", "conf.d", "conf.d/a.q", cwd=folder)
    assert done.stdout == "formatted conf.d/a.q\nformatted conf.d/b.q\nformatted conf.d/deeper/c.q\n"
    assert (folder / "conf.d" / "rcpthosts").read_text() == "  example.org\n"
    assert (folder / "loose.q").read_text() == LOOSE


def test_check_names_what_would_change_and_changes_nothing(folder: Path) -> None:
    done = command("fmt", "--check", "loose.q", "tidy.q", "conf.d", cwd=folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "would format loose.q\nwould format conf.d/a.q\nwould format conf.d/b.q\n"
    assert (folder / "loose.q").read_text() == LOOSE
    assert command("fmt", "--check", "tidy.q", cwd=folder).returncode == 0


@pytest.mark.parametrize("options", [["--diff"], ["--check", "--diff"]])
def test_a_diff_shows_what_would_change_and_changes_nothing(folder: Path, options: list[str]) -> None:
    code, output, messages = piped(b"", *options, "loose.q", "tidy.q", cwd=folder)
    assert (code, messages) == (1, "")
    assert output.decode() == (
        "--- loose.q\n+++ loose.q\n@@ -1,2 +1,2 @@\n"
        "-on rcpt :\n-  unless rcpthosts( domain ) deny # ours only\n"
        "+on rcpt:\n+    unless rcpthosts(domain) deny  # ours only\n"
    )
    assert (folder / "loose.q").read_text() == LOOSE
    assert piped(b"", *options, "tidy.q", cwd=folder) == (0, b"", "")


def test_a_diff_shows_line_ends_and_marks_that_would_go(folder: Path) -> None:
    (folder / "dos.q").write_bytes('\ufefflet a = 1\r\nlet b = "é"'.encode())
    _, output, _ = piped(b"", "--diff", "dos.q", cwd=folder)
    assert output.decode() == (
        '--- dos.q\n+++ dos.q\n@@ -1,2 +1,2 @@\n-\ufefflet a = 1\r\n-let b = "é"\n\\ No newline at end of file\n'
        '+let a = 1\n+let b = "é"\n'
    )
    command("fmt", "dos.q", cwd=folder)
    assert (folder / "dos.q").read_bytes() == 'let a = 1\nlet b = "é"\n'.encode()


def test_standard_input_is_printed_formatted_whatever_the_locale(folder: Path) -> None:
    assert piped('let a="日本"'.encode(), "-", cwd=folder) == (0, 'let a = "日本"\n'.encode(), "")
    assert piped(LOOSE.encode(), "--check", "-", cwd=folder) == (1, b"would format <stdin>\n", "")
    assert piped(TIDY.encode(), "--check", "-", cwd=folder) == (0, b"", "")
    code, output, _ = piped(LOOSE.encode(), "--diff", "-", cwd=folder)
    assert code == 1 and output.startswith(b"--- <stdin>\n+++ <stdin>\n@@")


def test_standard_input_stands_alone(folder: Path) -> None:
    done = command("fmt", "-", "loose.q", cwd=folder)
    assert done.returncode == 2 and "`-` stands alone" in done.stderr
    assert (folder / "loose.q").read_text() == LOOSE
    assert command("fmt", cwd=folder).returncode == 2


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_what_does_not_parse_is_left_as_it_is_with_the_findings(folder: Path, options: list[str]) -> None:
    done = command("fmt", *options, "wrong.q", "loose.q", cwd=folder)
    assert done.returncode == 1 and "wrong.q:1:9: error[Q101] this `on` line has no `:`" in done.stderr
    assert done.stderr.endswith("wrong.q is left as it is\n")
    assert (folder / "wrong.q").read_text() == WRONG
    assert done.stdout == ("would format loose.q\n" if options else "formatted loose.q\n")


def test_of_standard_input_that_does_not_parse_nothing_is_printed(folder: Path) -> None:
    code, output, messages = piped(WRONG.encode(), "-", cwd=folder)
    assert (code, output) == (1, b"") and "<stdin>:1:9: error[Q101]" in messages


def test_a_file_that_is_not_utf_8_is_left_as_it_is(folder: Path) -> None:
    (folder / "latin.q").write_bytes(b'let  a = "\xe9"\n')
    done = command("fmt", "latin.q", cwd=folder)
    assert done.returncode == 1 and "latin.q:1:11: error[Q106] this is not UTF-8: octet 0xE9" in done.stderr
    assert (folder / "latin.q").read_bytes() == b'let  a = "\xe9"\n'


def test_rules_that_the_checker_refuses_are_formatted_all_the_same(folder: Path) -> None:
    (folder / "unknown.q").write_text("on rcpt: if nosuch( x )deny\n")
    assert command("fmt", "unknown.q", cwd=folder).returncode == 0
    assert (folder / "unknown.q").read_text() == "on rcpt: if nosuch(x) deny\n"


def test_what_cannot_be_read_exits_with_3_and_the_others_are_formatted(folder: Path) -> None:
    os.mkfifo(folder / "pipe.q")
    (folder / "loop.q").symlink_to("loop.q")
    (folder / "empty").mkdir()
    done = command("fmt", "missing.q", "pipe.q", "loop.q", "empty", "loose.q/x.q", "loose.q", cwd=folder)
    assert done.returncode == 3 and done.stdout == "formatted loose.q\n"
    assert done.stderr == (
        "qpsmtpd: there is no rules file (*.q) below empty\n"
        "qpsmtpd: cannot read missing.q: No such file or directory\n"
        "qpsmtpd: cannot read pipe.q: it is no regular file\n"
        "qpsmtpd: cannot read loop.q: Too many levels of symbolic links\n"
        "qpsmtpd: cannot read loose.q/x.q: Not a directory\n"
    )


def test_what_cannot_be_written_exits_with_3_and_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = command("fmt", "loose.q", cwd=folder)
    assert (done.returncode, done.stderr) == (3, "qpsmtpd: cannot write loose.q: No space left on device\n")
    assert (folder / "loose.q").read_text() == LOOSE
    assert sorted(path.name for path in folder.iterdir()) == ["conf.d", "loose.q", "tidy.q", "wrong.q"]


def test_a_symbolic_link_is_followed(folder: Path) -> None:
    (folder / "rules.q").symlink_to("conf.d/a.q")
    assert command("fmt", "rules.q", cwd=folder).stdout == "formatted rules.q\n"
    assert (folder / "rules.q").is_symlink() and (folder / "conf.d" / "a.q").read_text() == TIDY
