"""The words for where a dialogue stands and why it ends."""

from __future__ import annotations

import enum

from qpsmtpd.dsl.model.verdicts import Verb

COMMAND, BODY, SKIP, HOLD, CLOSED = range(5)
"""Modes: reading commands, the message, the rest of a line that was too long; below HOLD input is worked on.
HOLD keeps it while something is awaited; CLOSED drops it."""


class State(enum.IntEnum):
    """How far the dialogue is: nothing said, greeted, a sender given, a recipient taken."""

    NEW = 0
    GREETED = 1
    MAIL = 2
    RCPT = 3


NEW, GREETED, MAIL, RCPT = State

REFUSING = (Verb.DENY, Verb.DEFER)
DENY, ACCEPT, DISCARD, QUARANTINE = Verb.DENY, Verb.ACCEPT, Verb.DISCARD, Verb.QUARANTINE
"""The words above and these as plain names: looking a member up in its enumeration costs more than a comparison."""


class Reason(enum.Enum):
    """Why a connection has ended, for its record."""

    LOST = "lost"
    QUIT = "quit"
    REFUSED = "refused"
    UNSYNCHRONISED = "unsynchronised"
    ERRORS = "too many errors"
    COMMANDS = "too many commands"
    TIMEOUT = "timeout"
    SLOW = "too slow"
    UNREAD = "replies not read"
    SHUTDOWN = "shutdown"
    BROKEN = "internal error"
