import os
import signal

import pytest

import running_service
from meta.checkout import environment
from qpsmtpd.runtime.service import control
from running_service import RULES, RunningService, command, replace_file, write_rules

BROKEN = RULES.replace("rcpthosts(domain)", "rcpthost(domain)")
REFUSING = 'on mail: deny "Not today"\n' + RULES


@pytest.fixture
def service(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as running:
        yield running


def answer_to_mail(service):
    with service.client() as client:
        client.ehlo()
        return client.mail("you@example.net")[0]


def test_reload_takes_changed_rules_into_use(service):
    assert answer_to_mail(service) == 250
    write_rules(service.folder, REFUSING)
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 0 and f"in use ({service.status()['digest']})" in done.stdout
    assert answer_to_mail(service) == 550


def test_reload_refuses_faulty_rules_and_the_old_ones_stay(service):
    before = service.status()["digest"]
    write_rules(service.folder, BROKEN)
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 1
    assert "Q202" in done.stderr and f"the old ones ({before}) stay in use" in done.stderr
    status = service.status()
    assert status["digest"] == before and status["last_reload"]["result"] == "refused"
    assert answer_to_mail(service) == 250
    service.stop()
    [refused] = [record for record in service.records() if record["event"] == "reload-refused"]
    assert refused["level"] == "error" and any("Q202" in line for line in refused["lines"])


def test_sighup_reloads_and_says_in_the_status_when_it_could_not(service):
    write_rules(service.folder, REFUSING)
    service.signal(signal.SIGHUP)
    service.until(lambda status: status["reloads"]["loaded"] == 1)
    assert answer_to_mail(service) == 550
    write_rules(service.folder, BROKEN)
    service.signal(signal.SIGHUP)
    status = service.until(lambda status: status["reloads"]["refused"] == 1)
    assert "Q202" in status["last_reload"]["text"]
    assert answer_to_mail(service) == 550
    assert "Q202" in command("status", "rules.q", cwd=service.folder).stdout


def test_a_session_keeps_the_rules_it_began_with(service):
    client = service.client()
    client.ehlo()
    write_rules(service.folder, REFUSING)
    assert command("reload", "rules.q", cwd=service.folder).returncode == 0
    assert client.mail("you@example.net")[0] == 250
    assert answer_to_mail(service) == 550
    client.close()


def test_a_vanished_hook_is_refused_unless_forced(service):
    write_rules(service.folder, REFUSING)
    assert command("reload", "rules.q", cwd=service.folder).returncode == 0
    write_rules(service.folder, RULES)
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 1 and "`on mail` at listener mx is gone" in done.stderr
    assert answer_to_mail(service) == 550
    assert command("reload", "rules.q", "--force", cwd=service.folder).returncode == 0
    assert answer_to_mail(service) == 250


def test_a_vanished_require_is_refused_unless_forced(service):
    needing = 'require has_headers before queue\non data_post: unless has_headers(["From"]) deny\n' + RULES
    write_rules(service.folder, needing)
    assert command("reload", "rules.q", cwd=service.folder).returncode == 0
    write_rules(service.folder, needing.partition("\n")[2])
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 1 and "`require has_headers before queue` at listener mx is gone" in done.stderr
    assert command("reload", "rules.q", "--force", cwd=service.folder).returncode == 0


def test_settings_that_cannot_be_served_yet_are_refused_even_when_forced(service):
    rules = service.folder / "rules.q"
    replace_file(
        rules, rules.read_text().replace('    bind = "127.0.0.1:0"\n', '    bind = "127.0.0.1:0"\n    protocol = lmtp\n')
    )
    done = command("reload", "--force", "--state-dir", "state", cwd=service.folder)
    assert done.returncode == 1 and "listener mx: `protocol = lmtp` is checked" in done.stderr
    assert answer_to_mail(service) == 250


def test_a_vanished_end_is_refused_unless_forced(service):
    write_rules(service.folder, RULES + "\nend  # nothing follows\n")
    assert command("reload", "rules.q", cwd=service.folder).returncode == 0
    write_rules(service.folder, RULES)
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 1 and "has lost its last line `end`" in done.stderr
    assert command("reload", "--force", "rules.q", cwd=service.folder).returncode == 0


def test_what_needs_a_restart_is_said_and_stays_as_it_was(service):
    write_rules(service.folder, RULES, settings='spool_dir = "other"')
    rules = service.folder / "rules.q"
    replace_file(
        rules,
        rules.read_text()
        .replace('"127.0.0.1:0"', '"127.0.0.1:0", "[::1]:0"')
        .replace('= "127', '= ["127')
        .replace(':0"\n', ':0"]\n'),
    )
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 0, done.stderr
    assert "server: spool_dir needs a restart" in done.stdout and "listener mx: bind needs a restart" in done.stdout
    assert service.status()["last_reload"]["restarts"] == ["server: spool_dir", "listener mx: bind"]
    service.send()
    assert not (service.folder / "other").exists() and len(service.messages()) == 1


def test_a_renamed_listener_is_no_silent_success(service):
    write_rules(service.folder, REFUSING)
    rules = service.folder / "rules.q"
    replace_file(rules, rules.read_text().replace("listener mx:", "listener mx2:"))
    done = command("reload", "rules.q", cwd=service.folder)
    assert done.returncode == 1 and "`on rcpt` at listener mx is gone" in done.stderr
    forced = command("reload", "--force", "rules.q", "--state-dir", "state", cwd=service.folder)
    assert forced.returncode == 0
    assert "listener mx2 needs a restart" in forced.stdout and "listener mx needs a restart" in forced.stdout
    # the old socket goes on with the rules that it had
    assert answer_to_mail(service) == 250


def test_a_rules_file_that_is_gone_leaves_the_old_rules_in_use(service):
    (service.folder / "rules.q").unlink()
    done = command("reload", "--state-dir", "state", cwd=service.folder)
    assert done.returncode == 3 and "rules.q: No such file or directory" in done.stderr
    assert answer_to_mail(service) == 250


@pytest.mark.parametrize("name", ["rules.q", "rcpthosts"])
def test_a_pipe_in_place_of_a_file_does_not_hold_up_reloads(service, name):
    text = (service.folder / name).read_text()
    (service.folder / name).unlink()
    os.mkfifo(service.folder / name)
    done = command("reload", "--state-dir", "state", cwd=service.folder)
    assert done.returncode in (1, 3) and "not a regular file" in done.stderr
    (service.folder / name).unlink()
    (service.folder / name).write_text(text)
    assert command("reload", "--state-dir", "state", cwd=service.folder).returncode == 0


EARLY_SIGHUP = """\
import os, signal
from qpsmtpd.runtime.service import serve

def load(*args, read=serve.load):
    os.kill(os.getpid(), signal.SIGHUP)
    return read(*args)

serve.load = load
"""


def test_a_sighup_during_the_start_is_a_reload_after_it(tmp_path, monkeypatch):
    write_rules(tmp_path)
    (tmp_path / "sitecustomize.py").write_text(EARLY_SIGHUP)
    known = environment()
    monkeypatch.setattr(running_service, "environment", lambda: {**known, "PYTHONPATH": f"{tmp_path}:{known['PYTHONPATH']}"})
    with RunningService(tmp_path) as service:
        status = service.until(lambda status: status["reloads"]["loaded"] > 0)
        assert status["reloads"]["loaded"] == 1


def test_a_service_that_is_stopped_is_told_by_both_commands(service, monkeypatch):
    monkeypatch.setitem(control.ask.__kwdefaults__, "patience", 0.1)
    service.signal(signal.SIGSTOP)
    for name in ("status", "reload"):
        done = command(name, "--state-dir", "state", cwd=service.folder)
        assert done.returncode == 3 and "has not answered" in done.stderr
    service.signal(signal.SIGCONT)


def test_the_commands_find_a_service_by_the_state_folder_that_the_rules_name(tmp_path):
    write_rules(tmp_path, settings='state_dir = "run/here"')
    with RunningService(tmp_path):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        done = command("status", tmp_path / "rules.q", cwd=elsewhere)
        assert done.returncode == 0 and "rules.q" in done.stdout
        # also when the rules have become faulty
        write_rules(tmp_path, BROKEN, settings='state_dir = "run/here"')
        assert command("reload", tmp_path / "rules.q", cwd=elsewhere).returncode == 1
