"""File names with a time or a session in them, and files that come, go and fill up: qpsmtpd's `logging/file`."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from qpsmtpd.runtime.observe import log_files
from qpsmtpd.runtime.observe.journal import LEVELS, Journal
from qpsmtpd.runtime.observe.log_files import LogFiles, Lost, Target
from qpsmtpd.runtime.observe.sink import Sink

_NOON = 1_769_860_800.0
_DAY = 86_400.0


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    log_files.time.tzset()
    yield
    monkeypatch.undo()
    log_files.time.tzset()


class Kept:
    """A sink in memory."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def write(self, chunk: bytes, at: float) -> None:
        self.chunks.append(chunk)


def _record(session: str = "", event: str = "x") -> bytes:
    named = f',"session":"{session}"' if session else ""
    return f'{{"event":"{event}"{named},"n":1}}\n'.encode()


def _read(folder: Path) -> dict[str, list[str]]:
    return {
        str(path.relative_to(folder)): [r.get("session", "") for r in map(json.loads, path.read_text().splitlines())]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_name_with_a_day_in_it_is_another_file_each_day(tmp_path):
    files = LogFiles(Target(f"{tmp_path}/%Y-%m-%d.log"), _NOON)
    files.write(_record("a"), _NOON)
    files.write(_record("b"), _NOON + _DAY)
    files.write(_record("c"), _NOON)
    files.close()
    assert _read(tmp_path) == {"2026-01-31.log": ["a", "c"], "2026-02-01.log": ["b"]}


def test_percent_i_is_the_session_and_main_for_what_belongs_to_none(tmp_path):
    files = LogFiles(Target(f"{tmp_path}/%d-%i%%"), _NOON)
    files.write(_record("a-1") + _record() + _record("a-2") + _record("a-1"), _NOON)
    files.close()
    assert _read(tmp_path) == {"31-a-1%": ["a-1", "a-1"], "31-a-2%": ["a-2"], "31-main%": [""]}


def test_what_a_peer_says_is_no_name_of_a_file(tmp_path):
    lines = Kept()
    journal = Journal(lines)
    journal.record("refused", helo=',"session":"../x"', params={"session": "../../y"})
    files = LogFiles(Target(f"{tmp_path}/%i"), _NOON)
    files.write(b"".join(lines.chunks), _NOON)
    files.close()
    assert list(_read(tmp_path)) == ["main"]


@pytest.mark.parametrize(("nosplit", "days"), [(True, ["a", "a"]), (False, ["a"])])
def test_nosplit_keeps_a_session_in_the_file_in_which_it_began(tmp_path, nosplit, days):
    files = LogFiles(Target(f"{tmp_path}/%d", nosplit=nosplit), _NOON)
    files.write(_record("a"), _NOON)
    files.write(_record("b") + _record("a", "disconnect"), _NOON + _DAY)
    files.write(_record("a"), _NOON + _DAY)  # nobody: its last record has been there
    files.close()
    assert _read(tmp_path)["31"] == days
    assert _read(tmp_path)["01"] == (["b", "a"] if nosplit else ["b", "a", "a"])


def test_reopen_a_file_that_was_moved_away_is_made_anew_without_a_signal(tmp_path):
    log = tmp_path / "log"
    files = LogFiles(Target(str(log)), _NOON)
    files.write(_record("a"), _NOON)
    log.rename(tmp_path / "log.1")
    files.write(_record("b"), _NOON)
    files.write(_record("c"), _NOON)
    log.unlink()
    files.write(_record("d"), _NOON)
    files.write(_record("e"), _NOON)
    files.close()
    assert _read(tmp_path) == {"log": ["e"], "log.1": ["a", "b"]}


def test_more_sessions_than_files_may_be_open_lose_nothing(tmp_path):
    files = LogFiles(Target(f"{tmp_path}/%i"), _NOON)
    sessions = [f"s{number}" for number in range(100)]
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        files.write(b"".join(map(_record, sessions)), _NOON)
    assert len(list(Path("/proc/self/fd").iterdir())) - before < 40
    files.close()
    assert _read(tmp_path) == {"main": [], **{session: [session] * 2 for session in sessions}}


def test_sessions_that_never_end_are_forgotten_some_time(tmp_path, monkeypatch):
    monkeypatch.setattr(log_files, "_REMEMBERED", 10)
    files = LogFiles(Target(f"{tmp_path}/%d", nosplit=True), _NOON)
    files.write(b"".join(_record(f"s{number}") for number in range(11)), _NOON)
    files.write(_record("s0") + _record("s10"), _NOON + _DAY)
    files.close()
    assert _read(tmp_path)["01"] == ["s0"]


def test_a_folder_that_is_missing_on_a_new_day_is_told_and_lines_go_where_they_went(tmp_path):
    (tmp_path / "31").mkdir()
    files = LogFiles(Target(f"{tmp_path}/%d/log"), _NOON)
    files.write(_record("a"), _NOON + _DAY)
    assert files.astray == f"{tmp_path}/01/log: {os.strerror(errno.ENOENT)}; records still go where they went before"
    (tmp_path / "01").mkdir()
    files.write(_record("b"), _NOON + _DAY)
    assert files.astray == ""
    files.close()
    assert _read(tmp_path) == {"31/log": ["a"], "01/log": ["b"]}


def test_a_folder_that_is_taken_away_is_told_and_nothing_is_lost_meanwhile(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    files = LogFiles(Target(f"{folder}/log"), _NOON)
    folder.rename(tmp_path / "gone")
    files.write(_record("a"), _NOON)
    assert "No such file" in files.astray
    files.write(_record("b"), _NOON)
    folder.mkdir()
    files.write(_record("c"), _NOON)
    assert files.astray == ""
    files.write(_record("d"), _NOON)
    files.close()
    assert _read(tmp_path) == {"gone/log": ["a", "b", "c"], "logs/log": ["d"]}


def test_a_full_disk_is_told_with_the_number_of_lines(tmp_path):
    files = LogFiles(Target("/dev/full"), _NOON)
    with pytest.raises(Lost) as caught:
        files.write(_record() * 3, _NOON)
    assert (caught.value.count, caught.value.trouble) == (3, os.strerror(errno.ENOSPC))
    files.close()


def test_the_records_of_a_second_go_to_the_file_of_that_second(tmp_path):
    now = _NOON + _DAY / 2 - 0.5
    journal = Journal(Sink(Target(f"{tmp_path}/%d")), clock=lambda: now)
    journal.attend(lambda seconds, call: None)
    journal.record("x", session="a")
    now += 1.0
    journal.record("x", session="b")
    journal.close()
    written = {name: sessions for name, sessions in _read(tmp_path).items() if sessions}
    assert written == {"31": ["a"], "01": ["b"]}


@pytest.mark.parametrize(("level", "kept"), [("debug", 8), ("info", 7), ("warning", 5), ("emergency", 1)])
def test_loglevel_leaves_out_what_matters_less(level, kept):
    lines = Kept()
    journal = Journal(lines)
    journal.keep_from(level)
    recorders = {name: journal.recorder("often", name, "n") for name in LEVELS}
    for name in LEVELS:
        journal.record("x", name)
        recorders[name](1)
    records = [json.loads(line) for line in b"".join(lines.chunks).splitlines()]
    assert [r["level"] for r in records] == [name for name in LEVELS[len(LEVELS) - kept :] for _ in range(2)]
