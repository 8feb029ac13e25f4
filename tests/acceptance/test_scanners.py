"""A service with both scanner policies beside a real clamd and spamd: what becomes of mail, also when they are away or stuck."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from running_service import RunningService, write_rules
from servers.clamd import EICAR, NAME, STREAM_LIMIT, Clamd, running_clamd
from servers.spamd import GTUBE, THREE, Spamd, running_spamd

RULES = """\
on rcpt: unless rcpthosts(domain) deny
apply clamdscan(socket = "{clamd}")
apply spamassassin(socket = "{spamd}", reject_threshold = 100, munge_subject_threshold = -100)
require clamdscan before queue
on queue: maildir("Maildir")
"""
HEAD = "From: a@example.net\r\nDate: Sat, 28 Nov 2026 03:00:00 +0000\r\nSubject: hello\r\nX-Spam-Status: No, forged\r\n\r\n"


@pytest.fixture(scope="module")
def daemons() -> Iterator[tuple[Clamd, Spamd]]:
    with running_clamd() as clamd, running_spamd() as spamd:
        yield clamd, spamd


def _sent(service: RunningService, text: str | bytes = "Hello") -> tuple[int, str]:
    """What the client hears at the end of its message."""
    try:
        service.send(HEAD + (text if isinstance(text, str) else text.decode()) + "\r\n")
    except smtplib.SMTPDataError as refused:
        return refused.smtp_code, str(refused.smtp_error, "ascii")
    return 250, ""


def _failures(service: RunningService) -> list[tuple[str, str, str]]:
    return [(r["function"], r["reason"], r["detail"]) for r in service.records() if r["event"] == "lookup-failed"]


def _descriptors(service: RunningService) -> int:
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("way", ["socket", "tcp"])
def test_the_real_daemons_decide(tmp_path: Path, daemons: tuple[Clamd, Spamd], way: str, loop: str) -> None:
    clamd, spamd = daemons
    write_rules(tmp_path, RULES.format(clamd=getattr(clamd, way), spamd=getattr(spamd, way)))
    with RunningService(tmp_path, "--loop", loop, "rules.q") as service:
        assert _sent(service) == (250, "")
        (message,) = service.messages()
        assert message["X-Virus-Found"] == "No"
        assert message["X-Spam-Status"].startswith("No, score=")
        assert message["X-Old-Spam-Status"] == "No, forged"
        assert message["Subject"] == "hello"
        assert _sent(service, EICAR) == (550, f"5.7.1 Virus found: {NAME}")
        code, text = _sent(service, GTUBE)
        assert (code, text) == (550, "5.7.1 The spam score exceeds the threshold")
        assert len(service.messages()) == 1
        assert service.stop() == 0
        assert _failures(service) == []


def test_many_sessions_at_once_get_each_its_own_answer_and_leave_no_connection_open(
    tmp_path: Path, daemons: tuple[Clamd, Spamd]
) -> None:
    clamd, spamd = daemons
    write_rules(tmp_path, RULES.format(clamd=clamd.socket, spamd=spamd.socket))
    texts: list[str | bytes] = ["Hello", EICAR, GTUBE, THREE] * 8
    with RunningService(tmp_path) as service:
        _sent(service)
        before = _descriptors(service)
        with ThreadPoolExecutor(8) as clients:
            codes = [code for code, _ in clients.map(lambda text: _sent(service, text), texts)]
        assert codes == [250, 550, 550, 250] * 8
        service.until(lambda status: not status["sessions"])
        assert _descriptors(service) <= before
        assert _failures(service) == []


def test_when_clamd_is_stopped_mail_waits_and_the_log_says_why_and_when_it_is_back_mail_comes(tmp_path: Path) -> None:
    place = tmp_path / "clamd.sock"
    with ExitStack() as until_end:
        spamd = until_end.enter_context(running_spamd())
        write_rules(tmp_path, RULES.format(clamd=place, spamd=spamd.socket))
        service = until_end.enter_context(RunningService(tmp_path))
        for text in ("Hello", GTUBE):
            assert _sent(service, text) == (451, "4.3.0 The virus scanner does not answer, try again later")
        with running_clamd() as clamd:
            place.symlink_to(clamd.socket)
            assert _sent(service) == (250, "")
        place.unlink()
        assert _sent(service)[0] == 451
        assert len(service.messages()) == 1
        assert service.stop() == 0
        assert _failures(service) == [("clamdscan", "LookupFailure", f"{place}: [Errno 2] No such file or directory")] * 3


def test_when_spamd_is_stopped_mail_goes_on_without_a_score_and_no_forged_field_stays(
    tmp_path: Path, daemons: tuple[Clamd, Spamd]
) -> None:
    clamd, _ = daemons
    write_rules(tmp_path, RULES.format(clamd=clamd.socket, spamd=tmp_path / "nowhere"))
    with RunningService(tmp_path) as service:
        assert _sent(service, GTUBE) == (250, "")
        (message,) = service.messages()
        assert message["X-Spam-Status"] is None and message["X-Old-Spam-Status"] == "No, forged"
        assert service.stop() == 0
        assert _failures(service) == [
            ("spamassassin", "LookupFailure", f"{tmp_path}/nowhere: [Errno 2] No such file or directory")
        ]


def test_daemons_that_hang_cost_a_session_no_more_than_its_budget(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stuck:
        name = f"127.0.0.1:{stuck.getsockname()[1]}"
        write_rules(tmp_path, RULES.format(clamd=name, spamd=name), settings="data_post_budget = 1s")
        with RunningService(tmp_path) as service:
            _sent(service)
            before = _descriptors(service)
            with ThreadPoolExecutor(6) as clients:
                answers = list(clients.map(lambda _: _sent(service), range(6)))
            assert [code for code, _ in answers] == [451] * 6
            service.until(lambda status: not status["sessions"] and _descriptors(service) <= before)
            assert {(function, reason) for function, reason, _ in _failures(service)} == {("clamdscan", "budget")}
            assert service.messages() == []


def test_what_is_too_large_for_clamd_is_not_let_through_unseen(tmp_path: Path, daemons: tuple[Clamd, Spamd]) -> None:
    clamd, spamd = daemons
    write_rules(tmp_path, RULES.format(clamd=clamd.tcp, spamd=spamd.tcp), settings="size_threshold = 100KB")
    with RunningService(tmp_path) as service:
        lines = ("x" * 70 + "\r\n") * (STREAM_LIMIT // 72 + 1000)
        assert _sent(service, lines)[0] == 451
        ((function, _, detail),) = _failures(service)
        assert function == "clamdscan"
        assert "StreamMaxLength" in detail
