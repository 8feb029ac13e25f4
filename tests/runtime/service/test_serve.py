import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from meta.checkout import environment
from running_service import PATIENCE, RULES, RunningService, command, process, replace_file, write_rules


def test_a_message_to_an_own_domain_lands_in_the_maildir(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        service.send("Subject: first\r\n\r\n.dotted\r\nübermut\r\n".encode())
        [message] = service.messages()
        assert message["subject"] == "first" and message.get_payload(decode=True) == ".dotted\nübermut\n".encode()
        with service.client() as client, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("you@example.net", ["x@elsewhere.example"], "Subject: no\r\n\r\n")
        assert refused.value.recipients["x@elsewhere.example"][0] == 550
        assert len(service.messages()) == 1


def test_without_a_rules_file_mail_for_localhost_lands_in_the_current_folder(tmp_path):
    busy = socket.socket()
    busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        busy.bind(("127.0.0.1", 2525))
    except OSError:
        busy = None  # something else has the port: then the refusal below is shown with that
    else:
        busy.listen()
    done = process("serve", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == "qpsmtpd: cannot listen on 127.0.0.1:2525: another program listens there already\n"
    assert (tmp_path / "qpsmtpd-data").stat().st_mode & 0o777 == 0o700
    if busy is not None:
        busy.close()


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_lead_no_record_into_another_file(tmp_path, closed):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    write_rules(tmp_path, port=port)
    serve = f"exec {sys.executable} -m qpsmtpd serve rules.q {closed}"
    service = subprocess.Popen(serve, shell=True, cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL)
    while not (tmp_path / "state" / "control").exists():
        assert service.poll() is None
    opened = Path(f"/proc/{service.pid}/fd/2").readlink()
    service.terminate()
    assert service.wait(PATIENCE) == 0
    assert opened == Path("/dev/null")
    assert (tmp_path / "state" / "qpsmtpd.pid").read_bytes() == b""


def test_a_rules_file_whose_name_the_terminal_cannot_show_can_be_served(tmp_path, monkeypatch):
    write_rules(tmp_path).rename(tmp_path / "r\u00fcles.q")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with RunningService(tmp_path, "r\u00fcles.q") as service:
        assert "r\\xfcles.q" in service.greeting


def test_rules_with_an_error_are_refused_and_nothing_is_made(tmp_path):
    write_rules(tmp_path, 'on queue: maildir("Maildir")\n')
    before = set(tmp_path.iterdir())
    done = process("serve", "rules.q", cwd=tmp_path)
    assert done.returncode == 1 and "Q501" in done.stderr and done.stdout == ""
    assert set(tmp_path.iterdir()) == before


def test_rules_that_this_version_cannot_serve_are_refused_and_nothing_is_made(tmp_path):
    rules = write_rules(tmp_path)
    replace_file(
        rules, rules.read_text().replace('    bind = "127.0.0.1:0"\n', '    bind = "127.0.0.1:0"\n    protocol = lmtp\n')
    )
    before = set(tmp_path.iterdir())
    done = process("serve", "rules.q", cwd=tmp_path)
    assert done.returncode == 3 and done.stdout == ""
    assert "qpsmtpd: listener mx: `protocol = lmtp` is checked, but this version cannot serve it yet\n" in done.stderr
    assert set(tmp_path.iterdir()) == before


def test_a_message_in_quarantine_is_on_disk_and_nowhere_else(tmp_path):
    write_rules(tmp_path, 'shadow on mail: deny\non data_post: quarantine "spam"\n' + RULES)
    with RunningService(tmp_path) as service:
        service.send()
        [message] = service.messages("quarantine/spam")
        assert message["subject"] == "hello" and message["Delivered-To"] == "me@example.org"
        assert service.messages() == []
        assert (tmp_path / "quarantine").stat().st_mode & 0o777 == 0o700
        assert service.status()["would_have"] == [{"rule": "rules.q:7", "verdict": "deny", "count": 1}]
        assert "rules.q:7 would have said deny 1 times" in command("status", "rules.q", cwd=tmp_path).stdout
        service.stop()
    events = [record["event"] for record in service.records()]
    assert "quarantined" in events and "would-have" in events


def test_a_missing_rules_file_is_one_clear_line(tmp_path):
    done = process("serve", "nowhere.q", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == f"qpsmtpd: cannot read {tmp_path}/nowhere.q: No such file or directory\n"


def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        write_rules(tmp_path, port=port)
        done = process("serve", "rules.q", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == f"qpsmtpd: cannot listen on 127.0.0.1:{port}: another program listens there already"


def test_a_second_service_with_the_same_folders_is_refused(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        done = process("serve", "rules.q", cwd=tmp_path)
        assert done.returncode == 3
        assert f"another qpsmtpd (process {service.process.pid}) already uses the state folder" in done.stderr
        service.send()


def test_a_spool_that_others_may_write_is_refused(tmp_path):
    write_rules(tmp_path)
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o777)
    done = process("serve", "rules.q", cwd=tmp_path)
    assert done.returncode == 3 and "may be written by others" in done.stderr


def test_a_log_that_cannot_be_opened_is_one_clear_line(tmp_path):
    write_rules(tmp_path, settings='log = "missing/log"')
    done = process("serve", "rules.q", cwd=tmp_path)
    assert done.returncode == 3 and "cannot open the log" in done.stderr


def test_after_kill_it_starts_again_and_removes_what_was_half_received(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        service.signal(signal.SIGKILL)
        service.process.wait()
    leftover = tmp_path / "spool" / ".receiving-1-1"
    leftover.touch()
    (tmp_path / "spool" / "mine").touch()
    assert (tmp_path / "state" / "control").exists()
    with RunningService(tmp_path) as service:
        assert service.status()["pid"] == service.process.pid
        service.send()
        assert not leftover.exists() and (tmp_path / "spool" / "mine").exists()
        assert service.stop() == 0
    assert not (tmp_path / "state" / "control").exists()


def test_sigterm_lets_a_message_under_way_finish(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        client = service.client()
        client.ehlo()
        client.mail("you@example.net")
        client.rcpt("me@example.org")
        assert client.docmd("DATA")[0] == 354
        idle = service.client()
        idle.ehlo()
        service.signal(signal.SIGTERM)
        # who has no message under way is told, and that the stop has begun
        assert idle.getreply()[0] == 421
        client.send(b"Subject: last\r\n\r\nlast\r\n.\r\n")
        assert client.getreply()[0] == 250
        assert service.process.wait(30) == 0
        assert [message["subject"] for message in service.messages()] == ["last"]
        client.close()
        idle.close()


def test_a_second_sigterm_stops_at_once(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        client, idle = service.client(), service.client()
        client.ehlo()
        client.mail("you@example.net")
        client.rcpt("me@example.org")
        client.docmd("DATA")
        service.signal(signal.SIGTERM)
        assert idle.getreply()[0] == 421
        service.signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        [stopped] = [record for record in service.records() if record["event"] == "stopped"]
        assert stopped["cut"] == 1 and stopped["level"] == "warning"
        client.close()
        idle.close()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_it_runs_on_either_loop(tmp_path, loop):
    write_rules(tmp_path)
    with RunningService(tmp_path, "rules.q", "--loop", loop) as service:
        service.send()
        assert len(service.messages()) == 1
        [ready] = [record for record in service.records() if record["event"] == "ready"]
        assert ready["loop"].startswith(loop)
        assert service.stop() == 0


def test_every_record_of_a_session_names_the_rules_it_ran_under(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        digest = service.status()["digest"]
        service.send()
        assert service.stop() == 0
        assert {record["rules"] for record in service.records() if "session" in record} == {digest}


def test_the_log_goes_on_in_a_fresh_file_after_rotation(tmp_path):
    write_rules(tmp_path, RULES, settings='log = "journal"')
    with RunningService(tmp_path) as service:
        (tmp_path / "journal").rename(tmp_path / "journal.1")
        service.signal(signal.SIGHUP)
        service.until(lambda status: status["last_reload"] is not None)
        assert service.stop() == 0
    assert '"event":"ready"' in (tmp_path / "journal.1").read_text()
    assert '"event":"stopped"' in (tmp_path / "journal").read_text()


def test_the_log_of_a_day_and_its_levels_follow_the_rules_at_a_reload(tmp_path):
    write_rules(tmp_path, RULES, settings='log = "first-%Y%%.log"')
    with RunningService(tmp_path) as service:
        service.send()
        write_rules(tmp_path, RULES, settings='log = "%i.log"\nlog_level = LOGWARN')
        service.signal(signal.SIGHUP)
        service.until(lambda status: status["last_reload"] is not None)
        service.send()
        assert service.status()["journal"]["target"].endswith("/%i.log")
        assert service.stop() == 0
    (first,) = tmp_path.glob("first-20??%.log")
    assert '"event":"message"' in first.read_text()
    # messages are of level info, and only what belongs to no session opens a file by itself
    assert {path.name: path.read_text() for path in tmp_path.glob("*.log") if path != first} == {"main.log": ""}
