"""The shipped deployments, started as written but for the addresses they listen on."""

import json
import re
import shutil
import smtplib

import pytest

from meta.checkout import ROOT
from running_service import RunningService, command

SITES = sorted(path.parent for path in (ROOT / "examples").glob("*/rules.q") if not (path.parent / "run").exists())
"""Those that need nothing besides; the others have a command that starts what they need, and a test of their own."""
MESSAGE = "From: you@example.net\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nSubject: hello\r\n\r\nhello\r\n"


def on_a_free_port(folder, rules):
    """Has the rules listen where the kernel likes."""
    text = re.sub(r"bind = .*", 'bind = "127.0.0.1:0"', rules.read_text())
    assert '"127.0.0.1:0"' in text
    (folder / "rules.q").write_text(text)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_an_example_checks_clean_starts_and_takes_mail_for_its_domains(site, tmp_path):
    folder = shutil.copytree(site, tmp_path / "site")
    assert command("check", "--fail-level", "warning", "rules.q", cwd=folder).returncode == 0
    on_a_free_port(folder, folder / "rules.q")
    with RunningService(folder) as service:
        service.send(MESSAGE, "jo@example.org")
        assert [message["subject"] for message in service.messages()] == ["hello"]


@pytest.mark.parametrize("tests", sorted((ROOT / "examples").glob("*/rules.test.q")), ids=lambda tests: tests.parent.name)
def test_the_tests_of_an_example_pass_and_leave_nothing_out(tests, tmp_path):
    done = command(
        "test", tests.parent / "rules.q", "--coverage-format", "json", "--coverage-file", "coverage.json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert [file["missing"] for file in json.loads((tmp_path / "coverage.json").read_text())["files"]] == [[]]


def test_the_quick_start_takes_mail_for_localhost_and_for_nobody_else(tmp_path):
    shutil.copy(ROOT / "rules" / "rcpthosts", tmp_path)
    on_a_free_port(tmp_path, ROOT / "rules" / "quickstart.q")
    with RunningService(tmp_path) as service:
        service.send(MESSAGE, "me@localhost")
        assert len(service.messages()) == 1
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            service.send(MESSAGE, "me@example.org")
