import errno
import os

import pytest

from qpsmtpd.runtime.service.cannot import Cannot
from qpsmtpd.runtime.service.folders import Lock, private_folder, remove_leftovers


def test_a_missing_folder_is_made_private(tmp_path):
    made = private_folder(tmp_path / "a", "the folder")
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_link_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(Cannot, match="symbolic link"):
        private_folder(tmp_path / "link", "the folder")


@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_folder_that_others_may_write_is_refused(tmp_path, mode):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    with pytest.raises(Cannot, match="written by others"):
        private_folder(tmp_path / "open", "the folder")


def test_somebody_elses_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(Cannot, match="belongs to user"):
        private_folder(tmp_path, "the folder")


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Cannot, match="cannot be made: File exists"):
        private_folder(tmp_path / "file", "the folder")


def test_a_lock_is_held_by_one_and_can_be_taken_again_after_release(tmp_path):
    lock = Lock(tmp_path / "pid", "state folder")
    assert (tmp_path / "pid").read_text() == f"{os.getpid()}\n"
    with pytest.raises(Cannot, match=f"process {os.getpid()}"):
        Lock(tmp_path / "pid", "state folder")
    lock.release()
    Lock(tmp_path / "pid", "state folder").release()


def test_a_lock_does_not_follow_a_link(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "pid").symlink_to(tmp_path / "victim")
    with pytest.raises(Cannot):
        Lock(tmp_path / "pid", "state folder")
    assert (tmp_path / "victim").read_text() == "precious"


def test_only_our_own_leftovers_are_removed(tmp_path):
    for name in (".receiving-12-1", ".receiving-12-2", "letter", "qpsmtpd.lock"):
        (tmp_path / name).touch()
    assert remove_leftovers(tmp_path) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter", "qpsmtpd.lock"]


def test_a_lock_does_not_write_into_a_file_that_has_another_name_or_into_a_pipe(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "pid").hardlink_to(tmp_path / "victim")
    os.mkfifo(tmp_path / "pipe")
    for name in ("pid", "pipe"):
        with pytest.raises(Cannot, match="not a file of our own"):
            Lock(tmp_path / name, "state folder")
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_lock_on_a_full_disk_is_one_clear_line(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(Cannot, match="cannot be written: No space left on device"):
        Lock(tmp_path / "pid", "state folder")
