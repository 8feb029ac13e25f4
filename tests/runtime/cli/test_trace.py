import json

import pytest

from running_service import command, process, write_rules

SESSION = ("--client", "192.0.2.1", "--mail", "a@example.net", "--rcpt", "x@example.org")
RULES = 'on rcpt: unless rcpthosts(domain) deny\non data_post: if header.subject log("{{ header.subject }}")\non queue: maildir("Maildir")\n'


@pytest.fixture
def rules(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    return write_rules(tmp_path, RULES)


def test_a_session_is_told(tmp_path, rules):
    done = command("trace", "rules.q", *SESSION, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "(client 192.0.2.1 at listener mx)" in done.stdout and "rcpthosts(domain) = true" in done.stdout
    assert "C: EHLO [192.0.2.1]" in done.stdout and "DATA" not in done.stdout


def test_a_message_comes_in_by_standard_input(tmp_path):
    import subprocess
    import sys

    from meta.checkout import environment

    write_rules(tmp_path, RULES)
    done = subprocess.run(
        [sys.executable, "-m", "qpsmtpd", "trace", "rules.q", *SESSION],
        cwd=tmp_path,
        env=environment(),
        input="Subject: from outside\n\nhello\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "(log: from outside)" in done.stdout and "(would deliver by maildir(" in done.stdout
    assert not (tmp_path / "Maildir").exists()


def test_json_is_one_list(tmp_path, rules):
    data = json.loads(command("trace", "rules.q", *SESSION, "--format", "json", cwd=tmp_path).stdout)
    assert [part["hook"] for part in data if "hook" in part] == ["rcpt"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--client", "192.0.2"), '"192.0.2" is not an IP address'),
        (("--rdns", "a b"), '"a b" is not a domain'),
        (("--at", "submission"), "there is no listener submission"),
    ],
)
def test_what_cannot_be_is_wrong_usage(tmp_path, rules, words, says):
    done = command("trace", "rules.q", *SESSION, *words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr


def test_rules_with_an_error_are_refused_and_missing_ones_cannot_be_traced(tmp_path, rules):
    rules.write_text("on rcpt: dney\n")
    done = command("trace", "rules.q", *SESSION, cwd=tmp_path)
    assert done.returncode == 1 and "error[Q" in done.stderr
    done = process("trace", "missing.q", *SESSION, cwd=tmp_path)
    assert done.returncode == 3 and done.stderr == "qpsmtpd: cannot read missing.q: No such file or directory\n"
