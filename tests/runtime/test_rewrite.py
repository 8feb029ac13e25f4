"""A file is rewritten in one step, and stays what it was but for its contents."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from qpsmtpd.runtime.rewrite import rewrite

NOBODY = 65534


def test_mode_and_owner_stay(tmp_path: Path) -> None:
    path = tmp_path / "rules.q"
    path.write_text("old")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    os.utime(path, (1, 1))
    before = path.stat()
    rewrite(path, b"new")
    after = path.stat()
    assert path.read_text() == "new" and stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino and abs(after.st_mtime - time.time()) < 60
    assert [each.name for each in tmp_path.iterdir()] == ["rules.q"]


def test_a_symbolic_link_stays_and_its_end_is_rewritten(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "rules.q"
    path.write_text("old")
    (tmp_path / "one.q").symlink_to("real/rules.q")
    (tmp_path / "two.q").symlink_to("one.q")
    rewrite(tmp_path / "two.q", b"new")
    assert path.read_text() == "new" and not path.is_symlink()
    assert (tmp_path / "two.q").is_symlink() and (tmp_path / "one.q").is_symlink()


def test_a_reader_sees_the_old_contents_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "rules.q"
    path.write_text("old")
    with path.open() as reader:
        rewrite(path, b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_where_the_owner_cannot_stay_the_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "rules.q"
    path.write_text("old")
    monkeypatch.setattr(os, "chown", refused)
    with pytest.raises(PermissionError, match="it would not belong to its owner any more"):
        rewrite(path, b"new")
    assert path.read_text() == "old" and [each.name for each in tmp_path.iterdir()] == ["rules.q"]


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        rewrite(tmp_path / "rules.q", b"new")
    assert [each.name for each in tmp_path.iterdir()] == []
