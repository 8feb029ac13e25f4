"""What both functions do when their daemon is away, stuck, late, cut off or busy: a failure by the deadline, and nothing left open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from library_doubles import WrittenEnvelope, WrittenMessage, address
from qpsmtpd.dsl.model.values import LookupFailure, Size
from qpsmtpd.stdlib.scanner.clamdscan import clamdscan
from qpsmtpd.stdlib.scanner.spamassassin import spamassassin
from servers.scripted_daemon import answering, deaf, hanging, scripted_daemon, taken
from servers.started import free_port

MESSAGE = WrittenMessage((b"From: a@example.net\r\n\r\nHello\r\n",))
LARGE = WrittenMessage((b"From: a@example.net\r\n\r\n", *([b"x" * 98 + b"\r\n"] * 30_000)))
Asking = Callable[[str, WrittenMessage], Awaitable[object]]


def _ask_clamd(server: str, message: WrittenMessage) -> Awaitable[object]:
    return clamdscan(server, message=message)


def _ask_spamd(server: str, message: WrittenMessage) -> Awaitable[object]:
    to = WrittenEnvelope(recipients=[address("x@example.org")])
    return spamassassin(server, max_size=Size(10**7), message=message, envelope=to)


_GOOD = {
    _ask_clamd: b"stream: OK\0",
    _ask_spamd: b"SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: False ; 1.0 / 5.0\r\n\r\n",
}
both = pytest.mark.parametrize("ask", [pytest.param(ask, id=ask.__name__) for ask in _GOOD])


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@both
@pytest.mark.parametrize("script", [hanging, deaf])
@pytest.mark.parametrize("message", [MESSAGE, LARGE], ids=["small", "large"])
async def test_a_deadline_closes_the_connection_to_a_daemon_that_hangs(tmp_path: Path, ask: Asking, script, message) -> None:
    async with scripted_daemon(tmp_path, script) as daemon:
        await asyncio.to_thread(int)  # the event loop's own descriptors are there now
        before = _descriptors()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await ask(daemon.socket, message)
        await daemon.until_idle()
        assert daemon.asked == 3
        assert _descriptors() == before


@both
async def test_sessions_that_are_cut_off_leave_no_connection_behind(tmp_path: Path, ask: Asking) -> None:
    async with scripted_daemon(tmp_path, hanging) as daemon:
        await asyncio.to_thread(int)
        before = _descriptors()
        asked = [asyncio.ensure_future(ask(daemon.socket, MESSAGE)) for _ in range(20)]
        await daemon.until_asked(20)
        for each in asked:
            each.cancel()
        assert all(isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*asked, return_exceptions=True))
        await daemon.until_idle()
        assert _descriptors() == before


@both
async def test_failures_and_answers_leave_no_connection_behind(tmp_path: Path, ask: Asking) -> None:
    async with (
        scripted_daemon(tmp_path, answering(b"Rubbish\0"), "1") as bad,
        scripted_daemon(tmp_path, answering(_GOOD[ask]), "2") as good,
    ):
        await asyncio.to_thread(int)
        before = _descriptors()
        for server in [bad.socket, good.socket, f"{tmp_path}/nowhere", "127.0.0.1:1", "nobody.invalid:1"] * 5:
            await asyncio.gather(ask(server, MESSAGE), return_exceptions=True)
        await bad.until_idle()
        await good.until_idle()
        assert _descriptors() == before


@both
async def test_an_answer_that_comes_late_but_in_time_is_taken(tmp_path: Path, ask: Asking) -> None:
    async def slowly(reader, writer):
        await taken(reader)
        for octet in _GOOD[ask]:
            writer.write(bytes([octet]))
            await writer.drain()

    async with scripted_daemon(tmp_path, slowly) as daemon:
        assert await ask(daemon.socket, MESSAGE)


@both
async def test_an_answer_that_is_cut_off_is_a_failure(tmp_path: Path, ask: Asking) -> None:
    async with scripted_daemon(tmp_path, answering(_GOOD[ask][:-6])) as daemon:
        with pytest.raises(LookupFailure, match=daemon.socket):
            await ask(daemon.socket, MESSAGE)


@both
async def test_a_daemon_that_goes_in_the_middle_of_a_message_is_a_failure(tmp_path: Path, ask: Asking) -> None:
    async def cut(reader, writer):
        await reader.read(100)
        writer.transport.abort()

    async with scripted_daemon(tmp_path, cut) as daemon:
        with pytest.raises(LookupFailure, match=daemon.socket):
            await ask(daemon.socket, LARGE)


@both
async def test_a_daemon_that_comes_back_is_asked_again(tmp_path: Path, ask: Asking) -> None:
    for _ in range(2):
        async with scripted_daemon(tmp_path, answering(_GOOD[ask])) as daemon:
            assert await ask(daemon.socket, MESSAGE)
        with pytest.raises(LookupFailure, match="Connection refused|No such file"):
            await ask(daemon.socket, MESSAGE)
        await asyncio.to_thread(Path(daemon.socket).unlink, missing_ok=True)


@both
async def test_a_full_queue_is_waited_for(tmp_path: Path, ask: Asking) -> None:
    """A Unix socket whose queue is full answers "try again", which event loops take for a connection."""
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as first:
        busy.bind(str(tmp_path / "daemon.sock"))
        busy.listen(0)
        first.connect(str(tmp_path / "daemon.sock"))
        asked = asyncio.ensure_future(ask(f"{tmp_path}/daemon.sock", MESSAGE))
        done, _ = await asyncio.wait([asked], timeout=0.2)
        assert not done
        busy.accept()[0].close()
        busy.setblocking(False)
        accepted, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(busy), 20)
        reader, writer = await asyncio.open_connection(sock=accepted)
        await answering(_GOOD[ask])(reader, writer)
        writer.close()
        assert await asked


@both
async def test_an_unknown_host_is_a_failure(ask: Asking) -> None:
    with pytest.raises(LookupFailure, match=r"^nobody\.invalid:3310: "):
        await ask("nobody.invalid:3310", MESSAGE)


@both
async def test_a_port_that_nobody_listens_on_is_a_failure(ask: Asking) -> None:
    with pytest.raises(LookupFailure, match="Errno 111"):
        await ask(f"127.0.0.1:{free_port()}", MESSAGE)
