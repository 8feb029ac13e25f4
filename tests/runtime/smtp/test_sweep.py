"""Deadlines, by a clock that the test moves: silence, trickling, slow data, replies that nobody reads."""

from __future__ import annotations

import pytest

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.runtime.smtp.states import BODY, HOLD, Reason
from qpsmtpd.runtime.smtp.sweep import Watch, sweep
from smtp_dialogue import ENVELOPE, Talk


class _Seen:
    """A connection under the sweep's eyes."""

    def __init__(self, talk: Talk) -> None:
        self.machine = talk.machine
        self.watch: Watch | None = None
        self.aborted = False
        self.last = b""

    def cut(self, reply: bytes, reason: Reason) -> None:
        self.last = reply
        self.machine.close(None, reason)

    def abort(self) -> None:
        self.aborted = True

    def over(self, start: int, seconds: int) -> int | None:
        """Sweeps once a second; the second in which the connection was cut."""
        for now in range(start, start + seconds):
            sweep([self], float(now))
            if self.last or self.aborted:
                return now
        return None


def _seen(**settings) -> tuple[Talk, _Seen]:
    talk = Talk(ServerSettings(**settings))
    return talk, _Seen(talk)


def test_a_silent_client_is_cut_after_the_timeout():
    talk, seen = _seen(timeout=10.0)
    assert seen.over(100, 60) == 111
    assert seen.last == b"421 4.4.2 Timed out, closing the connection\r\n"
    assert talk.machine.reason is Reason.TIMEOUT


def test_each_command_gets_its_own_time():
    talk, seen = _seen(timeout=10.0)
    for start in range(0, 100, 8):
        assert seen.over(start, 8) is None
        talk.say(b"NOOP")


def test_octets_that_trickle_in_do_not_extend_the_time():
    talk, seen = _seen(timeout=10.0)
    for now in range(11):
        talk.send(b"N")
        assert seen.over(now, 1) is None
    assert seen.over(11, 1) == 11


def test_a_session_ends_after_its_longest_time_however_busy():
    talk, seen = _seen(timeout=10.0, session_timeout=60.0)
    for now in range(61):
        assert seen.over(now, 1) is None
        talk.say(b"NOOP")
    assert seen.over(61, 1) == 61


def test_while_the_client_waits_for_us_its_time_stands_still():
    talk, seen = _seen(timeout=10.0)
    talk.machine.mode = HOLD
    assert seen.over(0, 100) is None
    talk.machine.mode = 0
    assert seen.over(100, 60) == 110


def test_data_that_comes_too_slowly_is_cut_after_the_grace():
    talk, seen = _seen(min_data_rate=500)
    talk.begin()
    for now in range(31):
        talk.send(b"a line of some length\r\n")
        assert seen.over(now, 1) is None
    assert seen.over(31, 1) == 31
    assert talk.machine.reason is Reason.SLOW


def test_rules_that_wait_amid_a_message_take_no_time_from_the_client():
    talk, seen = _seen(min_data_rate=500, data_timeout=100.0)
    talk.begin()
    assert seen.over(0, 20) is None
    talk.machine.mode = HOLD
    assert seen.over(20, 1000) is None
    talk.machine.mode = BODY
    assert seen.over(1020, 11) is None
    assert seen.over(1031, 5) == 1031


def test_data_that_comes_fast_enough_has_the_whole_time_of_data():
    talk, seen = _seen(data_timeout=100.0, min_data_rate=20, timeout=10.0)
    talk.begin()
    for now in range(101):
        talk.send(b"a line of some length\r\n")
        assert seen.over(now, 1) is None
    assert seen.over(101, 1) == 101


@pytest.mark.parametrize(("closed", "limit"), [(True, 10), (False, 20)])
def test_who_does_not_read_is_aborted(closed, limit):
    talk, seen = _seen(timeout=20.0)
    talk.say(*ENVELOPE)
    if closed:
        talk.say(b"QUIT")
    else:
        talk.machine.blocked = True
    assert seen.over(0, 60) == limit + 2
    assert seen.aborted


def test_a_client_that_reads_again_is_forgiven():
    talk, seen = _seen(timeout=20.0)
    for start in range(0, 100, 20):
        talk.machine.blocked = True
        assert seen.over(start, 15) is None
        talk.machine.blocked = False
        talk.say(b"NOOP")
        assert seen.over(start + 15, 5) is None
