import json
import signal

from running_service import RunningService, command, write_rules


def test_status_says_how_the_service_is(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        service.send()
        with service.client():
            said = json.loads(command("status", "rules.q", "--json", cwd=tmp_path).stdout)
            words = command("status", "rules.q", cwd=tmp_path).stdout
        assert said["pid"] == service.process.pid and said["sessions"] == 1
        assert said["rules"] == str(tmp_path / "rules.q") and len(said["digest"]) == 12
        assert said["listeners"] == {"mx": [f"127.0.0.1:{service.port}"]}
        assert said["counters"]["messages"] == 1 and said["counters"]["connections"] == 2
        assert said["last_reload"] is None and said["journal"] == {"target": "stderr", "lost": 0, "trouble": ""}
        assert f"process {service.process.pid}, up" in words and "none yet" in words and "1 open" in words


def test_a_service_that_was_killed_is_no_service(tmp_path):
    write_rules(tmp_path)
    with RunningService(tmp_path) as service:
        service.signal(signal.SIGKILL)
        service.process.wait()
        done = command("status", "rules.q", cwd=tmp_path)
    assert done.returncode == 3 and "no service is running" in done.stderr


def test_a_log_that_cannot_be_written_shows_in_the_status_and_mail_goes_on(tmp_path):
    write_rules(tmp_path, settings='log = "/dev/full"')
    with RunningService(tmp_path) as service:
        service.send()
        status = service.until(lambda status: status["journal"]["lost"] > 0)
        assert status["journal"]["trouble"] == "No space left on device" and len(service.messages()) == 1
        assert "records lost" in command("status", "rules.q", cwd=tmp_path).stdout
