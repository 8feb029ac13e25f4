"""What 250 after data means: seen from the kernel, and with its calls failing or the process killed in them."""

import re
import smtplib
from pathlib import Path

import pytest

from running_service import PATIENCE, RunningService, write_rules

CALL = re.compile(r"(?P<pid>\d+) +(?:(?P<name>\w+)\((?P<args>.*)|<\.\.\. \w+ resumed>(?P<rest>.*))")


def strace(folder: Path, *words: str) -> tuple[str, ...]:
    """The command that runs something under strace, as a child that keeps to the background."""
    return ("strace", "-D", "-f", "-qq", "-y", "-s", "200", "-o", str(folder / "calls"), *words)


def calls(folder: Path) -> list[tuple[str, bool]]:
    """Each call with its arguments where it began, and once more with True where it has succeeded."""
    seen: list[tuple[str, bool]] = []
    begun: dict[str, str] = {}
    for line in (folder / "calls").read_text("ascii", "replace").splitlines():
        found = CALL.match(line)
        if found is None:
            continue
        if found["name"]:
            begun[found["pid"]] = f"{found['name']}({found['args']}"
            seen.append((begun[found["pid"]], False))
        if not line.endswith("<unfinished ...>") and re.search(r"\) += \d", line):
            seen.append((begun[found["pid"]], True))
    return seen


def place(seen: list[tuple[str, bool]], pattern: str, succeeded: bool) -> int:
    """Where a call stands; there is exactly one like it."""
    [found] = [n for n, (call, done) in enumerate(seen) if done is succeeded and re.search(pattern, call)]
    return found


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_250_is_written_after_the_file_its_name_and_its_folder_are_on_the_disk(tmp_path: Path, loop: str) -> None:
    write_rules(tmp_path)
    traced = strace(tmp_path, "-e", "trace=fsync,mkdir,rename,write,writev,sendto,sendmsg")
    with RunningService(tmp_path, "rules.q", "--loop", loop, under=traced) as service:
        service.send()
        assert service.stop() == 0
    seen = calls(tmp_path)
    box = re.escape(str(tmp_path / "Maildir"))
    order = [
        place(seen, rf'^mkdir\("{box}/new"', True),
        place(seen, rf"^fsync\(\d+<{box}/tmp/[^>]+>", True),
        place(seen, rf'^rename\("{box}/tmp/[^"]+", "{box}/new/', True),
        place(seen, rf"^fsync\(\d+<{box}/new>", True),
        place(seen, r"250 2\.0\.0 Queued as", False),
    ]
    assert order == sorted(order)
    # a folder that was made is known to its parent on the disk too
    for made, parent in ((box, re.escape(str(tmp_path))), (f"{box}/new", box)):
        begin = place(seen, rf'^mkdir\("{made}"', True)
        assert any(done and re.search(rf"^fsync\(\d+<{parent}>", call) for call, done in seen[begin : order[1]])


def answer(service: RunningService) -> int:
    """What a message is answered; 0 when the service does not live long enough to answer."""
    try:
        service.send()
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    except (smtplib.SMTPServerDisconnected, ConnectionError):
        return 0
    return 250


@pytest.mark.parametrize(
    ("call", "number", "stored"),
    [
        ("fsync", 1, {0}),  # of the Maildir, before the first delivery
        ("fsync", 2, {0}),  # of the file
        ("rename", 1, {0, 1}),
        ("fsync", 3, {1}),  # of the folder
    ],
)
def test_killed_at_any_call_that_makes_mail_durable_what_was_answered_250_is_there_once(tmp_path, call, number, stored):
    write_rules(tmp_path)
    for name in ("new", "tmp", "cur"):
        (tmp_path / "Maildir" / name).mkdir(parents=True, mode=0o700)
    killing = strace(tmp_path, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}")
    with RunningService(tmp_path, under=killing) as service:
        assert answer(service) == 0
        service.process.wait(PATIENCE)
    assert len(service.messages()) in stored
    with RunningService(tmp_path) as service:
        before = len(service.messages())
        assert answer(service) == 250 and len(service.messages()) == before + 1
        assert all(message.get_payload() == "hello\n" for message in service.messages())


@pytest.mark.parametrize("number", [1, 2, 3], ids=["of the Maildir", "of the file", "of the name in its folder"])
def test_a_failed_fsync_is_answered_451_and_nothing_is_left_behind(tmp_path: Path, number: int) -> None:
    # strace counts the calls of each thread apart, so one message a service
    write_rules(tmp_path)
    for name in ("new", "tmp", "cur"):
        (tmp_path / "Maildir" / name).mkdir(parents=True, mode=0o700)
    failing = strace(tmp_path, "-e", "trace=fsync", "-e", f"inject=fsync:error=EIO:when={number}")
    with RunningService(tmp_path, under=failing) as service:
        assert answer(service) == 451
        assert service.messages() == [] and list((tmp_path / "Maildir" / "tmp").iterdir()) == []
        service.stop()
        assert [record["verdict"] for record in service.records() if record["event"] == "message"] == ["defer"]
