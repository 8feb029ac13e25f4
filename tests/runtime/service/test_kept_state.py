"""State in a running service: where its file is, what survives, and what a trouble with it does to mail."""

from __future__ import annotations

import signal
import smtplib
import sqlite3

import pytest

from running_service import RULES, RunningService, command, process, write_rules

COUNTING = 'on mail: if rate(ip, timeout = 300ms) > 2/1h defer 4.7.1 "Too many"\n' + RULES
SESSION = ("--client", "127.0.0.1", "--mail", "a@example.net", "--rcpt", "x@example.org")


def mails(service: RunningService, most: int = 5) -> int:
    """How many messages are taken before one is refused."""
    for number in range(most):
        try:
            service.send()
        except smtplib.SMTPSenderRefused as refusal:
            assert refusal.smtp_code == 450
            return number
    return most


def test_what_is_counted_survives_kill_9(tmp_path):
    write_rules(tmp_path, COUNTING)
    with RunningService(tmp_path) as service:
        service.send()
        service.signal(signal.SIGKILL)
        service.process.wait()
    with RunningService(tmp_path) as service:
        assert mails(service) == 1
        assert service.stop() == 0
    assert (tmp_path / "state" / "state.db").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "state" / "state.db-wal").exists()


def test_no_file_is_made_for_rules_that_remember_nothing_and_one_is_when_a_reload_brings_some_that_do(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        service.send()
        assert not (tmp_path / "state" / "state.db").exists()
        write_rules(tmp_path, COUNTING)
        assert command("reload", "rules.q", cwd=tmp_path).returncode == 0
        assert mails(service) == 2
    assert (tmp_path / "state" / "state.db").exists()


def test_a_reload_keeps_what_was_counted_and_says_that_another_file_needs_a_restart(tmp_path):
    write_rules(tmp_path, COUNTING)
    with RunningService(tmp_path) as service:
        service.send()
        write_rules(tmp_path, COUNTING, settings=f'state = "sqlite://{tmp_path}/other.db"')
        done = command("reload", "rules.q", cwd=tmp_path)
        assert done.returncode == 0 and "server: state needs a restart" in done.stdout
        assert mails(service) == 1
        assert not (tmp_path / "other.db").exists()
    with RunningService(tmp_path) as service:
        assert mails(service) == 2
    assert (tmp_path / "other.db").exists()


def test_a_broken_file_is_told_at_the_start(tmp_path):
    write_rules(tmp_path, COUNTING)
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "state.db").write_text("a letter to nobody, and no database" * 99)
    done = process("serve", "rules.q", cwd=tmp_path)
    assert done.returncode == 3
    assert "state.db cannot be used: file is not a database; move it away" in done.stderr


@pytest.mark.parametrize(("policy", "taken"), [("unknown", 3), ("defer", 0)])
def test_a_locked_file_is_a_failed_lookup_by_the_policy_of_the_call_and_holds_nobody_up(tmp_path, policy, taken):
    write_rules(tmp_path, COUNTING.replace("300ms", f"300ms, on_error = {policy}"))
    with RunningService(tmp_path) as service:
        other = sqlite3.connect(tmp_path / "state" / "state.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        done = 0
        for _ in range(3):
            try:
                service.send()
                done += 1
            except smtplib.SMTPSenderRefused as refusal:
                assert refusal.smtp_code == 451
        other.close()
        assert done == taken
        assert service.stop() == 0
        failures = [record for record in service.records() if record["event"] == "lookup-failed"]
    assert [(f["function"], f["reason"]) for f in failures] == [("rate", "timeout")] * 3


def test_trace_reads_what_the_service_remembers_and_changes_nothing_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    write_rules(tmp_path, COUNTING)
    told = command("trace", "rules.q", *SESSION, cwd=tmp_path)
    assert "= 1/1d" in told.stdout
    assert not (tmp_path / "state").exists()
    with RunningService(tmp_path) as service:
        service.send()
        service.send()
        for _ in range(2):
            told = command("trace", "rules.q", *SESSION, cwd=tmp_path)
            assert "= 3/1d" in told.stdout and "450 4.7.1 Too many" in told.stdout
        assert service.stop() == 0
    before = (tmp_path / "state" / "state.db").read_bytes()
    assert "= 3/1d" in command("trace", "rules.q", *SESSION, cwd=tmp_path).stdout
    assert (tmp_path / "state" / "state.db").read_bytes() == before
