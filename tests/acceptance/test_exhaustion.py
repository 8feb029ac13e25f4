"""The machine has run out of something: never 250, and well again by itself."""

import resource
import smtplib
import socket
from pathlib import Path

import pytest

from running_service import PATIENCE, RunningService, write_rules


def highest_descriptor(service: RunningService) -> int:
    return max(int(file.name) for file in Path(f"/proc/{service.process.pid}/fd").iterdir())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_without_descriptors_mail_is_answered_451_and_with_them_all_is_well(tmp_path: Path, loop: str) -> None:
    write_rules(tmp_path)
    with RunningService(tmp_path, "rules.q", "--loop", loop) as service, service.client() as early:
        early.ehlo()
        _, hard = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (highest_descriptor(service) + 1, hard))
        with pytest.raises(smtplib.SMTPDataError) as refused:
            early.sendmail("you@example.net", ["me@example.org"], "Subject: x\r\n\r\n")
        assert refused.value.smtp_code == 451
        with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE):
            early.noop()
            resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
        service.send()
        assert len(service.messages()) == 1
        early.quit()
        service.stop()
        assert len([record for record in service.records() if record["event"] == "error"]) < 10
