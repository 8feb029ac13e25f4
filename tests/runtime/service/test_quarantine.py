"""Quarantines on a real disk."""

from __future__ import annotations

import mailbox

import pytest

from library_doubles import FixedClock, OurSite, WrittenEnvelope, WrittenMessage, address
from qpsmtpd.runtime.service.quarantine import Quarantines

_ENVELOPE = WrittenEnvelope(address("a@example.net"), [address("b@example.org"), address("c@example.org")])


def _quarantines(folder):
    return Quarantines(folder, clock=FixedClock(), site=OurSite())


@pytest.mark.parametrize(("place", "name"), [("spam", "spam"), ("", "default")])
async def test_a_message_is_put_into_the_maildir_of_its_quarantine_with_its_envelope(tmp_path, place, name):
    folder = tmp_path / "quarantine"
    delivery = await _quarantines(folder).keep(place, WrittenMessage(), _ENVELOPE)
    assert delivery.delivered
    (kept,) = mailbox.Maildir(folder / name, create=False)
    assert kept["Return-Path"] == "<a@example.net>"
    assert kept.get_all("Delivered-To") == ["b@example.org", "c@example.org"]
    assert kept.get_payload() == "body\n"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / name, folder / name / "new")] == [0o700] * 3


@pytest.mark.parametrize("place", ["..", ".", "a/b", "/etc", "a b", "ä", "x" * 65, "a\n"])
async def test_what_is_no_name_of_a_folder_is_refused(tmp_path, place):
    with pytest.raises(ValueError, match="no name of a quarantine"):
        await _quarantines(tmp_path).keep(place, WrittenMessage(), _ENVELOPE)
    assert list(tmp_path.iterdir()) == []


async def test_a_client_that_has_gone_has_nothing_put_aside(tmp_path):
    envelope = WrittenEnvelope(address("a@example.net"), [address("b@example.org")], gone=True)
    delivery = await _quarantines(tmp_path).keep("spam", WrittenMessage(), envelope)
    assert not delivery.delivered
    assert list((tmp_path / "spam" / "new").iterdir()) == []


async def test_a_folder_that_cannot_be_made_is_a_failure(tmp_path):
    (tmp_path / "quarantine").write_text("a file")
    with pytest.raises(OSError, match="quarantine"):
        await _quarantines(tmp_path / "quarantine").keep("spam", WrittenMessage(), _ENVELOPE)
