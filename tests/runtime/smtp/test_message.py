"""The message as rules and deliveries see it: the header section, what rules change in it, and the disk."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library_doubles import FixedClock
from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Size
from qpsmtpd.runtime.smtp.header import Header
from qpsmtpd.runtime.smtp.spool import SpoolFile
from smtp_dialogue import Talk, codes

_RAW = (
    b"Received: from a\r\n\tby b\r\nFROM: Alice <a@example.net>\r\nSubject : folded\r\n  text\r\n"
    b"X-Odd: \xff\xc3\xbc\r\nReceived: by c\r\nMessage-ID: <1@x>\r\n\r\nbody: no field\r\n"
)


def _header(raw):
    return Header(raw, FixedClock())


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


_CONTENT = b"Subject: x\r\n\r\n" + b"A line of the message.\r\n" * 4000


def test_fields_are_read_by_name_in_any_case_and_unfolded():
    header = _header(_RAW)
    assert header.get("subject") == "folded  text"
    assert header.all("RECEIVED") == ["from a\tby b", "by c"]
    assert header["x-odd"] == "\ufffdü"
    assert header.get("body") is None


def test_the_customary_fields_are_attributes():
    header = _header(_RAW)
    assert getattr(header, "from") == "Alice <a@example.net>"
    assert (header.subject, header.message_id, header.to) == ("folded  text", "<1@x>", None)


@pytest.mark.parametrize(
    ("date", "age"),
    [
        (b"Tue, 14 Nov 2023 22:13:00 +0000", 20.25),
        (b"Wed, 15 Nov 2023 00:13:00 +0200 (Berlin)", 20.25),
        (b"14 Nov 2023 22:13:00 GMT", 20.25),
        (b"Wed, 15 Nov 2023 22:13:20 +0000", 0.25 - 86400),
        (b"yesterday", None),
        (b"Tue, 99 Foo 2023 99:99:99 +9999", None),
        (b"", None),
    ],
)
def test_the_age_of_a_message_is_how_long_ago_its_date_was(date, age):
    assert _header(b"Date: " + date + b"\r\n\r\n").age == age


@given(st.text(max_size=60) | st.from_regex(r"\A(\w{3}, )?\d{1,30} \w{3} -?\d{1,30} \d{1,30}:\d\d( [+-]\d{1,30})?\Z"))
def test_whatever_the_date_says_it_has_an_age_or_none(text):
    age = _header(b"Date: " + text.encode("utf-8", "replace").replace(b"\n", b" ").replace(b"\r", b" ") + b"\r\n\r\n").age
    assert age is None or isinstance(age, float)


def test_a_message_without_a_date_has_no_age():
    assert _header(_RAW).age is None


def test_names_of_python_are_no_fields():
    assert [_header(_RAW).get(name) for name in ("__class__", "__dict__", "get", "items", "")] == [None] * 5


def test_an_untouched_header_stays_as_it_came():
    header = _header(_RAW)
    assert header.octets() == _RAW[: header.length]
    assert _RAW[header.length :] == b"body: no field\r\n"


def test_added_fields_stand_on_top_and_the_rest_stays():
    header = _header(_RAW)
    header.add("X-One", "1")
    header.add("X-Two", "2")
    assert header.octets() == b"X-Two: 2\r\nX-One: 1\r\n" + _RAW[: header.length]
    assert header.get("x-two") == "2"


def test_set_replaces_every_field_of_the_name():
    header = _header(_RAW)
    header.set("Received", "new")
    assert header.all("received") == ["new"]
    assert b"Received: from a" not in header.octets() and b"by c" not in header.octets()
    assert b"Subject : folded\r\n  text\r\n" in header.octets()


def test_the_names_are_as_written_and_first_to_last():
    header = _header(b"Subject: x\r\nreceived : 1\r\nX-A: 1\r\nReceived: 2\r\n\r\n")
    header.add("X-b", "2")
    header.remove("x-a")
    assert header.names() == ["X-b", "Subject", "received", "Received"]


def test_remove_counts_what_it_removes():
    header = _header(_RAW)
    assert (header.remove("received"), header.remove("received"), header.remove("X-None")) == (2, 0, 0)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "ä", "x" * 71])
def test_what_is_no_field_name_is_not_added(name):
    with pytest.raises(ValueError, match="not the name"):
        _header(_RAW).add(name, "x")


@given(st.text(max_size=400))
def test_whatever_the_value_one_field_is_added(value):
    header = _header(b"Subject: x\r\n\r\n")
    header.add("X-Value", value)
    octets = header.octets()
    assert octets.isascii()
    assert all(len(line) <= 998 for line in octets.split(b"\r\n"))
    assert _header(octets)._parsed()[0][0] == b"x-value"
    assert len(_header(octets)._parsed()) == 2
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", octets)


@pytest.mark.parametrize("raw", [b"", b"text only\r\n", b"\r\ntext\r\n"])
def test_a_message_without_header_gets_an_empty_line_before_its_text(raw):
    header = _header(raw)
    header.add("X", "1")
    assert header.octets() == b"X: 1\r\n\r\n"
    assert raw[header.length :] == raw.removeprefix(b"\r\n")


@pytest.mark.parametrize("threshold", [1000, 50_000])
async def test_a_large_message_waits_on_disk_and_comes_back_whole(tmp_path, threshold):
    talk = Talk(ServerSettings(size_threshold=Size(threshold)), tmp_path)
    talk.begin()
    data = _CONTENT + b".\r\n"
    said = b""
    for at in range(0, len(data), 20_000):
        said += talk.send(data[at : at + 20_000]) + await talk.settle()
    assert codes(said) == ["250"]
    assert talk.delivered.contents == [_CONTENT]
    assert list(tmp_path.iterdir()) == []


async def test_octets_that_come_while_the_disk_is_busy_are_not_lost(tmp_path):
    talk = Talk(ServerSettings(size_threshold=Size(1000)), tmp_path)
    talk.begin()
    assert talk.send(_CONTENT[:5000]) == b"" and talk.machine.want is not None
    assert talk.send(_CONTENT[5000:] + b".\r\nNOOP\r\n") == b""
    assert codes(await talk.settle()) == ["250", "250"]
    assert talk.delivered.contents == [_CONTENT]


async def test_a_disk_that_fails_defers_the_message_and_the_session_goes_on(tmp_path):
    talk = Talk(ServerSettings(size_threshold=Size(1000)), tmp_path / "missing")
    talk.begin()
    talk.send(_CONTENT)
    assert codes(await talk.settle()) == []
    assert talk.send(b"more\r\n.\r\n").startswith(b"451 4.3.0")
    assert talk.message(b"small\r\n") == "250 2.0.0"
    assert talk.delivered.contents == [b"\r\nsmall\r\n"]
    assert [r["level"] for r in talk.journal.named("error")] == ["error"]


async def test_a_full_disk_is_said_to_be_full(tmp_path, monkeypatch):
    def full(fd, data):
        raise OSError(28, "No space left on device")

    talk = Talk(ServerSettings(size_threshold=Size(1000)), tmp_path)
    talk.begin()
    talk.send(_CONTENT)
    monkeypatch.setattr(os, "write", full)
    await talk.settle()
    monkeypatch.undo()
    assert talk.send(b".\r\n").startswith(b"452 4.3.1")


async def test_disk_space_is_given_back_when_the_client_goes(tmp_path):
    talk = Talk(ServerSettings(size_threshold=Size(1000)), tmp_path)
    before = _open_files()
    talk.begin()
    talk.send(_CONTENT)
    await talk.settle()
    assert _open_files() == before + 1
    talk.machine.lost()
    assert _open_files() == before
    assert [r["verdict"] for r in talk.journal.named("message")] == ["abandoned"]


def test_a_spool_file_has_no_name_and_is_nobody_elses(tmp_path):
    file = SpoolFile(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert os.fstat(file._fd).st_mode & 0o777 == 0o600
    file.write([b"one", b"two"])
    reader = file.chunks(2)
    assert next(reader) == b"etwo"
    file.close()
    file.close()
    assert list(reader) == []
    with pytest.raises(OSError, match="no longer there"):
        list(file.chunks())


def test_a_name_that_is_taken_is_never_followed(tmp_path, monkeypatch):
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    from qpsmtpd.runtime.smtp import spool

    monkeypatch.setattr(spool, "_number", iter([7]))
    (tmp_path / f".receiving-{os.getpid()}-7").symlink_to(target)
    with pytest.raises(FileExistsError):
        SpoolFile(tmp_path)
    assert target.read_bytes() == b"precious"
