"""The service in front of a real Postfix: what is answered 250 is in its mailbox once, whatever becomes of Postfix."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from running_service import RunningService, write_rules
from servers.postfix import Postfix, running_postfix

_QUEUE = 'on queue: postfix_queue(socket = "{postfix.socket}", timeout = 20s)\n'
_FORWARD = 'on queue: smtp_forward("127.0.0.1", port = {postfix.port}, timeout = 20s)\n'
_GATE = 'on rcpt:\n    unless rcpthosts(domain) deny\n    if recipient in ["nobody@example.org"] deny\n'


@pytest.fixture(scope="module")
def running() -> Iterator[Postfix]:
    with running_postfix() as postfix:
        yield postfix


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def text(number: int, size: int = 0) -> str:
    return f"Subject: number {number}\r\n\r\n.dot\r\n" + ("x" * 70 + "\r\n") * (size // 72)


@pytest.mark.parametrize("delivery", [_QUEUE, _FORWARD])
def test_mail_is_in_the_mailbox_with_our_trace_when_it_is_answered_250(
    tmp_path: Path, running: Postfix, delivery: str, loop: str
) -> None:
    running.empty()
    write_rules(tmp_path, _GATE + delivery.format(postfix=running))
    with RunningService(tmp_path, "--loop", loop, "rules.q") as service:
        with service.client() as client:
            for number in range(5):
                # every other one waits on disk
                client.sendmail("you@example.net", ["me@example.org", "her@example.org"], text(number, number % 2 * 2_000_000))
        assert service.stop() == 0
        assert [r["verdict"] for r in service.records() if r["event"] == "message"] == ["accept"] * 5
    stored = running.until_mail(10)
    assert sorted(message["Subject"] for message in stored) == sorted(f"number {n}" for n in range(5) for _ in "12")
    for message in stored:
        assert "by mx.example.org with ESMTP id " in message.get_all("Received")[-1]
        assert str(message.get_payload()).startswith(".dot\n")


@pytest.mark.parametrize("delivery", [_QUEUE, _FORWARD])
def test_a_postfix_that_is_down_is_451_and_the_log_says_why(tmp_path: Path, running: Postfix, delivery: str, loop: str) -> None:
    running.empty()
    write_rules(tmp_path, _GATE + delivery.format(postfix=running))
    with RunningService(tmp_path, "--loop", loop, "rules.q") as service:
        service.send(text(1))
        running.until_mail(1)
        running.stop()
        with service.client() as client, pytest.raises(smtplib.SMTPDataError) as raised:
            client.sendmail("you@example.net", ["me@example.org"], text(2))
        assert raised.value.smtp_code == 451
        running.start()
        service.send(text(2))
        assert service.stop() == 0
        (error,) = [record for record in service.records() if record["event"] == "error"]
        assert error["error"] == "LookupFailure" and "onnect" in error["detail"] and "traceback" not in error
    assert sorted(message["Subject"] for message in running.until_mail(2)) == ["number 1", "number 2"]
