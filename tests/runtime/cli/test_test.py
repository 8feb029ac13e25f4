import json

import pytest

from running_service import command, process, write_rules

GOOD = """
on rcpt:
    @gate
    unless rcpthosts(domain) deny
on queue: maildir("Maildir")

test "strangers cannot relay":
    client 203.0.113.9
    helo "h9.example.net"
    mail "a@example.net"
    rcpt "x@elsewhere.example" -> deny by @gate
"""
BAD = GOOD.replace("-> deny by @gate", "-> accept")
BESIDE = """
test "mail for us is taken":
    client 203.0.113.9
    helo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org" -> accept
"""


def test_tests_that_pass_exit_with_0(tmp_path):
    write_rules(tmp_path, GOOD)
    done = process("test", "rules.q", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok    rules.q:13: strangers cannot relay\n\n1 passed\n"
    assert not (tmp_path / "Maildir").exists()


def test_a_test_that_fails_exits_with_1_and_is_explained(tmp_path):
    write_rules(tmp_path, BAD)
    done = command("test", "rules.q", cwd=tmp_path)
    assert done.returncode == 1
    assert "FAIL  strangers cannot relay\n" in done.stdout and "by: @gate in rules.q:10" in done.stdout


def test_tests_beside_the_rules_and_beside_what_they_use_are_run(tmp_path):
    write_rules(tmp_path, 'use "site.q"\n')
    (tmp_path / "site.q").write_text(GOOD)
    (tmp_path / "site.test.q").write_text(BESIDE)
    (tmp_path / "rules.test.q").write_text(BESIDE.replace("for us", "for all of us"))
    done = command("test", "rules.q", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.splitlines() == [
        "ok    site.q:7: strangers cannot relay",
        "ok    rules.test.q:2: mail for all of us is taken",
        "ok    site.test.q:2: mail for us is taken",
        "",
        "3 passed",
    ]


def test_files_of_tests_may_be_named_and_alone_are_for_the_rules_beside_them(tmp_path):
    write_rules(tmp_path, GOOD)
    (tmp_path / "more.test.q").write_text(BESIDE)
    assert "2 passed" in command("test", "rules.q", "more.test.q", cwd=tmp_path).stdout
    (tmp_path / "rules.test.q").write_text(BESIDE)
    assert "2 passed" in command("test", "rules.test.q", cwd=tmp_path).stdout


def test_k_selects_tests_by_name(tmp_path):
    write_rules(tmp_path, GOOD + BESIDE)
    done = command("test", "rules.q", "-k", "FOR US", cwd=tmp_path)
    assert done.returncode == 0 and "strangers" not in done.stdout and "1 passed, 1 not selected" in done.stdout
    none = command("test", "rules.q", "-k", "nothing", cwd=tmp_path)
    assert none.returncode == 3 and none.stderr == "qpsmtpd: there are no tests of that name\n"


def test_rules_without_tests_exit_with_3(tmp_path):
    write_rules(tmp_path)
    done = command("test", "rules.q", cwd=tmp_path)
    assert done.returncode == 3 and "there are no tests" in done.stderr


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_rules_or_tests_with_an_error_are_refused_with_their_findings(tmp_path, form):
    write_rules(tmp_path, GOOD.replace("client 203.0.113.9", "clinet 203.0.113.9"))
    done = command("test", "rules.q", "--format", form, cwd=tmp_path)
    assert done.returncode == 1 and "Q801" in done.stderr and "1 passed" not in done.stdout


def test_what_cannot_be_read_exits_with_3(tmp_path):
    write_rules(tmp_path, GOOD)
    done = command("test", "rules.q", "missing.test.q", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "qpsmtpd: cannot read missing.test.q: No such file or directory\n"


def test_several_rules_files_are_one_report(tmp_path):
    write_rules(tmp_path, GOOD)
    (tmp_path / "other.q").write_text(BAD)
    done = command("test", "rules.q", "other.q", "--format", "json", cwd=tmp_path)
    data = json.loads(done.stdout)
    assert done.returncode == 1 and (data["passed"], data["failed"]) == (1, 1)
    assert [test["rules"] for test in data["tests"]] == ["rules.q", "other.q"]


def test_verbose_shows_every_dialogue(tmp_path):
    write_rules(tmp_path, GOOD)
    assert "        C: HELO h9.example.net\n" in command("test", "-v", "rules.q", cwd=tmp_path).stdout


def test_check_looks_at_tests_beside_the_rules_and_the_service_does_not(tmp_path):
    rules = write_rules(tmp_path, GOOD)
    (tmp_path / "rules.test.q").write_text(BESIDE.replace("rcpt", "rctp"))
    done = command("check", "rules.q", cwd=tmp_path)
    assert done.returncode == 1 and "rules.test.q:6:5: error[Q801]" in done.stdout
    assert command("check", "rules.test.q", cwd=tmp_path).returncode == 1
    (tmp_path / "rules.test.q").unlink()
    rules.write_text(rules.read_text().replace("rcpt ", "rctp "))
    from qpsmtpd.runtime.service.rules import load

    assert load(rules).program is not None
