"""clamdscan asks a real clamd; what a clamd never does, a fake one does."""

from __future__ import annotations

import asyncio
from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from library_doubles import FieldList, WrittenMessage
from qpsmtpd.dsl.model.values import Duration, LookupFailure, Size
from qpsmtpd.stdlib.scanner.clamdscan import Clean, Infected, Skipped, clamdscan
from servers.clamd import EICAR, NAME, STREAM_LIMIT, running_clamd
from servers.scripted_daemon import answering, deaf, hanging, scripted_daemon

HEAD = b"From: a@example.net\r\nSubject: x\r\n\r\n"
CLEAN = WrittenMessage((HEAD, b"Hello\r\n"))
VIRUS = WrittenMessage((HEAD, EICAR + b"\r\n"))
ATTACHED = WrittenMessage(
    (
        b'From: a@example.net\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n',
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        encodebytes(EICAR).replace(b"\n", b"\r\n") + b"--b--\r\n",
    )
)
SHORT = Duration(0.2)


@dataclass
class LongMessage:
    """A message that is made while it is read; `size` may say what it likes."""

    size: Size
    octets: int
    header: FieldList = field(default_factory=FieldList)
    on_disk: bool = True

    def chunks(self) -> Iterator[bytes]:
        yield HEAD
        for _ in range(self.octets // 8000):
            yield b"x" * 7998 + b"\r\n"


async def test_a_message_without_a_virus_is_clean(clamd):
    assert await clamdscan(clamd.socket, message=CLEAN) == Clean()


@pytest.mark.parametrize("message", [VIRUS, ATTACHED], ids=["in the text", "attached"])
async def test_an_infected_message_comes_with_the_name_of_its_virus(clamd, message):
    assert await clamdscan(clamd.socket, message=message) == Infected(NAME)


async def test_a_message_of_nothing_is_clean(clamd):
    assert await clamdscan(clamd.socket, message=WrittenMessage((b"", b""))) == Clean()


async def test_option_socket_may_be_a_host_and_a_port(clamd):
    assert await clamdscan(clamd.tcp, message=VIRUS) == Infected(NAME)
    assert await clamdscan(clamd.tcp.replace("127.0.0.1", "localhost"), message=CLEAN) == Clean()


async def test_option_backups_names_servers_that_are_asked_in_this_order_when_one_is_stopped(clamd, tmp_path):
    async with scripted_daemon(tmp_path, answering(b"stream: OK\0")) as last:
        backups = ["127.0.0.1:1", clamd.tcp, last.socket]
        assert await clamdscan(f"{tmp_path}/nowhere", backups, message=VIRUS) == Infected(NAME)
        assert last.asked == 0


@pytest.mark.parametrize("script", [answering(b"Rubbish\0"), answering(b""), hanging], ids=["rubbish", "nothing", "hanging"])
async def test_option_backups_helps_when_one_does_not_answer_well(clamd, tmp_path, script):
    async with scripted_daemon(tmp_path, script) as broken:
        assert await clamdscan(broken.socket, [clamd.socket], SHORT, message=VIRUS) == Infected(NAME)
        assert broken.asked == 1


async def test_option_patience_ends_the_wait_for_a_server_but_not_for_the_last_one(tmp_path):
    late = asyncio.Event()

    async def patiently(reader, writer):
        await late.wait()
        await answering(b"stream: OK\0")(reader, writer)

    async with scripted_daemon(tmp_path, hanging, "1") as one, scripted_daemon(tmp_path, patiently, "2") as two:
        waiting = asyncio.ensure_future(clamdscan(one.socket, [two.socket], SHORT, message=CLEAN))
        await one.until_asked()
        await one.until_idle()
        asyncio.get_running_loop().call_later(2 * SHORT, late.set)
        assert await waiting == Clean()


async def test_a_failure_tells_what_was_the_matter_with_each_server(tmp_path):
    async with scripted_daemon(tmp_path, hanging) as one:
        with pytest.raises(LookupFailure) as told:
            await clamdscan(one.socket, ["127.0.0.1:1", f"{tmp_path}/nowhere"], SHORT, message=CLEAN)
    first, second, third = str(told.value).split("; ")
    assert first == f"{one.socket}: no answer within 0.2 s"
    assert second.startswith("127.0.0.1:1: [Errno 111]")
    assert third == f"{tmp_path}/nowhere: [Errno 2] No such file or directory"


async def test_option_max_size_says_which_messages_are_skipped(clamd):
    assert await clamdscan(clamd.socket, max_size=VIRUS.size, message=VIRUS) == Infected(NAME)
    skipped = await clamdscan("/nowhere", max_size=Size(VIRUS.size - 1), message=VIRUS)
    assert skipped == Skipped(f"the message has {VIRUS.size} octets, more than {VIRUS.size - 1}")


async def test_a_message_of_some_size_is_seen_to_its_last_octet(clamd):
    long = LongMessage(Size(1), STREAM_LIMIT - 40_000)
    assert await clamdscan(clamd.socket, message=long) == Clean()
    with_virus = WrittenMessage((*long.chunks(), EICAR))
    assert await clamdscan(clamd.tcp, message=with_virus) == Infected(NAME)


@pytest.mark.parametrize("times", [1, 2, 8])
@pytest.mark.parametrize("way", ["socket", "tcp"])
async def test_what_is_too_large_for_clamd_is_an_error_and_says_so(clamd, way, times):
    for _ in range(10):
        with pytest.raises(LookupFailure, match="larger than its StreamMaxLength: raise that, or lower max_size"):
            await clamdscan(getattr(clamd, way), message=LongMessage(Size(1), STREAM_LIMIT * times + 40_000))


@pytest.mark.parametrize("limit", ["MaxFileSize", "MaxScanSize"])
async def test_what_is_over_a_limit_of_clamds_own_is_clean_unless_clamd_is_told_to_alert(limit):
    message = WrittenMessage((HEAD, b"x" * 300_000 + b"\r\n", EICAR))
    with running_clamd(f"{limit} 100K\n") as clamd:
        assert await clamdscan(clamd.socket, message=message) == Clean()
    with running_clamd(f"{limit} 100K\nAlertExceedsMax yes\n") as clamd:
        assert await clamdscan(clamd.socket, message=message) == Infected(f"Heuristics.Limits.Exceeded.{limit}")


async def test_a_large_message_is_never_in_memory_as_a_whole(tmp_path):
    """A daemon that takes nothing stops the reading of the message."""
    read = 0

    class Counted(LongMessage):
        def chunks(self) -> Iterator[bytes]:
            nonlocal read
            for chunk in super().chunks():
                read += len(chunk)
                yield chunk

    async with scripted_daemon(tmp_path, deaf) as daemon:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await clamdscan(daemon.socket, message=Counted(Size(1), 20_000_000))
        await daemon.until_idle()
    assert 0 < read < 3_000_000


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (b"", "closed the connection without an answer"),
        (b"stream: OK", "no whole answer"),
        (b"stream: OK\n", "no whole answer"),
        (b"stream: OK\0more", "no whole answer"),
        (b"stream: OK\0stream: OK\0", "no whole answer"),
        (b"stream: Ok\0", "it answered stream: Ok"),
        (b"stream: OK \0", "it answered"),
        (b"stream:  FOUND\0", "it answered stream:"),
        (b"stream: X FOUND ERROR\0", "it answered stream: X FOUND ERROR"),
        (b"\0", "it answered"),
        (b"stream: Can't allocate memory ERROR\0", "Can't allocate memory ERROR"),
        (b"\x1b[2J\r\nX: \xff\0", r"it answered \?\[2J\?\?X: \?"),
        (b"x" * 5000, "more than 4096 octets"),
        (b"COMMAND READ TIMED OUT\0", "TIMED OUT"),
    ],
)
async def test_all_other_answers_are_failures(tmp_path, answer, meant):
    async with scripted_daemon(tmp_path, answering(answer)) as daemon:
        with pytest.raises(LookupFailure, match=meant) as told:
            await clamdscan(daemon.socket, message=CLEAN)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 500


async def test_who_says_ok_before_the_message_is_there_is_not_believed(tmp_path):
    async def early(reader, writer):
        await reader.read(100)
        writer.write(b"stream: OK\0")

    async with scripted_daemon(tmp_path, early) as daemon:
        with pytest.raises(LookupFailure, match="before it had the message"):
            await clamdscan(daemon.socket, message=LongMessage(Size(1), 5_000_000))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"Win.Test.EICAR_HDB-1", "Win.Test.EICAR_HDB-1"),
        (b"A name FOUND with FOUND", "A name FOUND with FOUND"),
        (b"a\r\nX-Evil: 1\x1b\xff", "a??X-Evil: 1??"),
        (b"n" * 4000, "n" * 120),
        (b" \t ", "?"),
    ],
)
async def test_the_name_of_a_virus_is_short_and_printable_ascii(tmp_path, name, shown):
    async with scripted_daemon(tmp_path, answering(b"stream: " + name + b" FOUND\0")) as daemon:
        assert await clamdscan(daemon.socket, message=VIRUS) == Infected(shown)


async def test_a_message_that_cannot_be_read_is_a_failure_that_says_so(clamd):
    class Broken(LongMessage):
        def chunks(self) -> Iterator[bytes]:
            yield HEAD
            raise OSError(5, "Input/output error")

    with pytest.raises(LookupFailure, match="the message cannot be read: .*Input/output"):
        await clamdscan(clamd.socket, message=Broken(Size(1), 1))


async def test_many_sessions_at_once_get_each_its_own_answer(clamd):
    asked = [clamdscan(clamd.tcp if n % 3 else clamd.socket, message=VIRUS if n % 2 else CLEAN) for n in range(120)]
    assert await asyncio.gather(*asked) == [Infected(NAME) if n % 2 else Clean() for n in range(120)]
