"""Who has had their time: one look a second at every connection, instead of a timer for each.

A command's time runs until the command is complete, however its octets trickle in; while the client waits for us its
time stands still. It knows no clock: whoever calls says what time it is, in seconds of any steady clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.machine import Machine
from qpsmtpd.runtime.smtp.states import CLOSED, HOLD, Reason

RATE_GRACE = 30.0
"""Seconds of DATA before the rate counts."""
LINGER = 10.0
"""Seconds that a client has to read its last reply."""


class Watch:
    """What the last looks have seen of a connection."""

    __slots__ = ("born", "looked", "seen", "since", "stuck")

    def __init__(self, now: float, seen: int) -> None:
        self.born = self.looked = now
        self.seen = seen
        self.since = now
        """When the client had done its part the last time."""
        self.stuck: float | None = None
        """Since when it does not read."""


class Watched(Protocol):
    """A connection, as the sweep sees it."""

    machine: Machine
    watch: Watch | None

    def cut(self, reply: bytes, reason: Reason) -> None:
        """Says a last word and closes."""

    def abort(self) -> None:
        """Closes without waiting for the client to read."""


def sweep(connections: Iterable[Watched], now: float) -> None:
    """One look at every connection."""
    for connection in tuple(connections):
        watch = connection.watch
        if watch is None:
            connection.watch = Watch(now, connection.machine.commands)
        else:
            _look(connection, watch, now)
            watch.looked = now


def _look(connection: Watched, watch: Watch, now: float) -> None:
    machine = connection.machine
    settings = machine.setup.settings
    if machine.mode == CLOSED or machine.blocked:
        _reading(connection, watch, now, LINGER if machine.mode == CLOSED else settings.timeout)
        return
    watch.stuck = None
    if now - watch.born > settings.session_timeout and machine.mode != HOLD:
        connection.cut(replies.TIMED_OUT, Reason.TIMEOUT)
    elif machine.commands != watch.seen or (machine.mode == HOLD and machine.body is None):
        watch.seen = machine.commands
        watch.since = now
    elif machine.body is not None and machine.mode == HOLD:
        watch.since += now - watch.looked
    elif machine.body is not None:
        _message(connection, machine.body.taken, now - watch.since, settings)
    elif now - watch.since > settings.timeout:
        connection.cut(replies.TIMED_OUT, Reason.TIMEOUT)


def _reading(connection: Watched, watch: Watch, now: float, limit: float) -> None:
    if watch.stuck is None:
        watch.stuck = now
    elif now - watch.stuck > limit:
        connection.machine.reason = Reason.UNREAD
        connection.abort()


def _message(connection: Watched, taken: int, elapsed: float, settings: ServerSettings) -> None:
    if elapsed > settings.data_timeout:
        connection.cut(replies.TIMED_OUT, Reason.TIMEOUT)
    elif elapsed > RATE_GRACE and taken < settings.min_data_rate * elapsed:
        connection.cut(replies.TOO_SLOW, Reason.SLOW)
