from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library_doubles import FixedClock, OurSite, WrittenEnvelope, WrittenMessage, address
from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.stdlib.queue.maildir import as_stored, maildir
from qpsmtpd.stdlib.queue.maildir_folder import MaildirFolder

SENT = WrittenEnvelope(address("Ann@example.net"), [address("bob@example.org"), address("eve@example.org")])
HOUR = 3600.0


async def deliver(
    folder: Path,
    message: WrittenMessage | None = None,
    *,
    envelope: WrittenEnvelope = SENT,
    clock: FixedClock | None = None,
    site: OurSite | None = None,
) -> Delivery:
    return await maildir(
        str(folder), message=message or WrittenMessage(), envelope=envelope, clock=clock or FixedClock(), site=site or OurSite()
    )


def stored(folder: Path, where: str = "new") -> list[Path]:
    return sorted((folder / where).iterdir())


async def test_a_message_lands_in_new_below_its_trace_lines_with_lf_line_ends(tmp_path: Path) -> None:
    outcome = await deliver(tmp_path / "M", WrittenMessage((b"Received: x\r\n", b"Subject: y\r\n\r\n\xff body\r", b"\n")))
    assert outcome.delivered
    (file,) = stored(tmp_path / "M")
    assert file.read_bytes() == (
        b"Return-Path: <Ann@example.net>\nDelivered-To: bob@example.org\nDelivered-To: eve@example.org\n"
        b"Received: x\nSubject: y\n\n\xff body\n"
    )
    assert stored(tmp_path / "M", "tmp") == []


async def test_a_folder_that_somebody_has_removed_is_made_again(tmp_path: Path) -> None:
    await deliver(tmp_path / "M")
    (tmp_path / "M" / "new").rename(tmp_path / "elsewhere")
    assert (await deliver(tmp_path / "M")).delivered
    assert len(stored(tmp_path / "M")) == 1 and stored(tmp_path / "M", "tmp") == []


async def test_the_null_sender_has_an_empty_return_path(tmp_path: Path) -> None:
    await deliver(tmp_path / "M", envelope=WrittenEnvelope())
    (file,) = stored(tmp_path / "M")
    assert file.read_bytes().startswith(b"Return-Path: <>\nSubject: x\n")


async def test_missing_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    await deliver(tmp_path / "var" / "M")
    made = [tmp_path / "var", *(tmp_path / "var" / "M" / name for name in (".", "tmp", "new", "cur"))]
    assert [path.stat().st_mode & 0o7777 for path in made] == [0o700] * 5
    (file,) = stored(tmp_path / "var" / "M")
    assert file.stat().st_mode & 0o7777 == 0o600


async def test_a_file_name_has_time_process_count_randomness_and_a_harmless_host(tmp_path: Path) -> None:
    outcome = await deliver(tmp_path / "M", site=OurSite(hostname="a/b:c..x"))  # type: ignore[arg-type]
    (file,) = stored(tmp_path / "M")
    assert re.fullmatch(rf"1700000000\.M250000P{os.getpid()}Q\d+R[0-9a-f]{{12}}\.a\\057b\\072c\.\.x", file.name)
    assert outcome.text == f"Queued as {file.name.removesuffix('.a' + chr(92) + '057b' + chr(92) + '072c..x')}"


async def test_many_messages_at_once_are_all_there_once(tmp_path: Path) -> None:
    numbers = range(200)
    outcomes = await asyncio.gather(*(deliver(tmp_path / "M", WrittenMessage((b"%d\r\n" % n,))) for n in numbers))
    assert all(outcome.delivered for outcome in outcomes)
    bodies = sorted(int(file.read_text().rsplit("\n", 2)[1]) for file in stored(tmp_path / "M"))
    assert bodies == list(numbers)


async def test_file_and_folder_are_synced_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, int]] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), len(stored(tmp_path / "M"))))
        real(descriptor)

    await deliver(tmp_path / "M")
    monkeypatch.setattr(os, "fsync", watched)
    await deliver(tmp_path / "M")
    (first, second) = synced
    assert first[0].startswith(str(tmp_path / "M" / "tmp" / "17"))
    assert first[1] == 1
    assert second == (str(tmp_path / "M" / "new"), 2)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("fails", ["file", "folder"])
async def test_a_disk_that_fails_leaves_nothing_behind_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: str
) -> None:
    await deliver(tmp_path / "M")
    before = stored(tmp_path / "M")
    real = os.fsync

    def failing(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir() == (fails == "folder"):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError) as raised:
        await deliver(tmp_path / "M")
    assert raised.value.errno == number
    assert (stored(tmp_path / "M"), stored(tmp_path / "M", "tmp")) == (before, [])


async def test_a_message_that_cannot_be_read_to_its_end_is_not_delivered(tmp_path: Path) -> None:
    class Torn(WrittenMessage):
        def chunks(self) -> Iterator[bytes]:
            yield b"half"
            raise OSError(errno.EIO, "spool")

    await deliver(tmp_path / "M")
    with pytest.raises(OSError, match="spool"):
        await deliver(tmp_path / "M", Torn())
    assert (len(stored(tmp_path / "M")), stored(tmp_path / "M", "tmp")) == (1, [])


async def test_a_client_that_has_gone_gets_nothing_delivered(tmp_path: Path) -> None:
    outcome = await deliver(tmp_path / "M", envelope=WrittenEnvelope(gone=True))
    assert not outcome.delivered
    assert not outcome.refused
    assert (stored(tmp_path / "M"), stored(tmp_path / "M", "tmp")) == ([], [])


class Slow(WrittenMessage):
    """A message whose last chunk comes when told."""

    def __init__(self) -> None:
        super().__init__()
        self.reading, self.go_on = threading.Event(), threading.Event()

    def chunks(self) -> Iterator[bytes]:
        self.reading.set()
        assert self.go_on.wait(10)
        yield b"x\r\n"


async def test_a_delivery_that_is_cancelled_before_it_is_committed_never_happens(tmp_path: Path) -> None:
    message = Slow()
    task = asyncio.create_task(deliver(tmp_path / "M", message))
    await asyncio.to_thread(message.reading.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    message.go_on.set()
    while stored(tmp_path / "M", "tmp"):
        await asyncio.to_thread(os.sched_yield)
    assert stored(tmp_path / "M") == []


async def test_a_delivery_that_is_cancelled_after_it_is_committed_tells_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deliver(tmp_path / "M")
    moved, go_on = threading.Event(), threading.Event()
    real = os.rename

    def held(source: str, target: str) -> None:
        real(source, target)
        moved.set()
        assert go_on.wait(10)

    monkeypatch.setattr(os, "rename", held)
    task = asyncio.create_task(deliver(tmp_path / "M"))
    await asyncio.to_thread(moved.wait, 10)
    task.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    assert (await task).delivered
    assert len(stored(tmp_path / "M")) == 2


async def test_what_crashes_left_in_tmp_goes_after_36_hours_and_nothing_else_does(tmp_path: Path) -> None:
    clock = FixedClock(2_000_000_000.0)
    for folder in ("tmp", "new", "cur"):
        (tmp_path / "M" / folder).mkdir(parents=True)
        for name, age in (("old", 37 * HOUR), ("young", 35 * HOUR)):
            (tmp_path / "M" / folder / name).touch()
            os.utime(tmp_path / "M" / folder / name, (0, clock.time - age))
    await deliver(tmp_path / "M", clock=clock)
    while (tmp_path / "M" / "tmp" / "old").exists():
        await asyncio.to_thread(os.sched_yield)
    assert [file.name for file in stored(tmp_path / "M", "tmp")] == ["young"]
    assert {"old", "young"} <= {file.name for file in stored(tmp_path / "M")}
    assert len(stored(tmp_path / "M", "cur")) == 2


@given(st.lists(st.binary(max_size=4) | st.sampled_from([b"\r", b"\n", b"\r\n", b""])))
def test_only_crlf_changes_wherever_the_chunks_are_cut(chunks: list[bytes]) -> None:
    assert b"".join(as_stored(b"top\n", chunks)) == b"top\n" + b"".join(chunks).replace(b"\r\n", b"\n")


KILLED = """
    import asyncio, os, sys
    from library_doubles import FixedClock, OurSite, WrittenEnvelope, WrittenMessage
    from qpsmtpd.stdlib.queue.maildir import maildir

    async def one(number):
        while True:
            body = b"%d " % number * 5000 + b"end\\r\\n"
            await maildir(sys.argv[1], message=WrittenMessage((body,)), envelope=WrittenEnvelope(), clock=FixedClock(), site=OurSite())
            os.write(1, b"%d\\n" % number)
            number += 8

    async def main():
        await asyncio.gather(*(one(n) for n in range(8)))

    asyncio.run(main())
"""


def test_after_kill_9_every_acknowledged_message_is_there_once_and_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "M")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(60)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split(b"\n")[:-1]]
    bodies = [file.read_text().removeprefix("Return-Path: <>\n") for file in stored(tmp_path / "M")]
    assert all(re.fullmatch(r"(\d+ )\1{4999}end\n", body) for body in bodies)
    numbers = [int(body.split(" ", 1)[0]) for body in bodies]
    assert len(numbers) == len(set(numbers))
    assert set(acknowledged) <= set(numbers)


def test_nobody_delivers_into_a_new_maildir_before_all_its_folders_are_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, order = MaildirFolder(str(tmp_path / "M")), list[str]()
    entered, go_on = threading.Event(), threading.Event()

    def slow_sync(path: str) -> None:
        entered.set()
        go_on.wait(10)
        order.append(f"synced {Path(path).name}")

    def deliver_one(name: str) -> None:
        folder.deliver(name, [b"x\n"], lambda: order.append(name) is None)

    monkeypatch.setattr("qpsmtpd.stdlib.queue.maildir_folder.sync_folder", slow_sync)
    first, second = (threading.Thread(target=deliver_one, args=(name,)) for name in ("first", "second"))
    first.start()
    assert entered.wait(10)
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)
    assert order[-2:] in (["first", "second"], ["second", "first"])
    assert order[:-2].count("synced M") >= 4
