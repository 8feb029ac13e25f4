"""Asks ClamAV's daemon whether the message has a virus (clamd(8), command INSTREAM).

A message is clean only when clamd has had every octet of it and said so in exactly these words; it is infected when
clamd says so. All else is a failure, also a message that clamd finds too large: what was not looked at is not clean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, Scope, function
from qpsmtpd.dsl.model.services import Message
from qpsmtpd.dsl.model.values import Duration, LookupFailure, Size, Variant
from qpsmtpd.stdlib.message.blocks import next_block
from qpsmtpd.stdlib.scanner.connection import Connection, first_answer
from qpsmtpd.stdlib.scanner.printable import printable
from qpsmtpd.stdlib.scanner.server_names import server_fault

_FOUND = re.compile(rb"stream: (.+) FOUND", re.DOTALL)
_TOO_LARGE = b"INSTREAM size limit exceeded. ERROR"
_ANSWER = 4096
_LONGEST_NAME = 120
_LONGEST_WORDS = 200
_PATIENCE = Duration(20.0)
_SIZE = Size(25_000_000)


@dataclass(frozen=True, slots=True)
class Clean(Variant):
    """Nothing was found."""


@dataclass(frozen=True, slots=True)
class Infected(Variant):
    """Something was found; `name` is what ClamAV calls it, in printable ASCII."""

    name: str


@dataclass(frozen=True, slots=True)
class Skipped(Variant):
    """The message was not looked at, because the call says so."""

    why: str


@dataclass(frozen=True, slots=True)
class Error(Variant):
    """No server has given an answer."""


@function(kind=Kind.LOOKUP, on_error=Error(), timeout=60.0, scope=Scope.TRANSACTION)
async def clamdscan(
    socket: Annotated[str, Constant(server_fault)] = "/run/clamav/clamd.ctl",
    backups: Annotated[Sequence[str], Constant(server_fault)] = (),
    patience: Duration = _PATIENCE,
    max_size: Size = _SIZE,
    *,
    message: Message,
) -> Clean | Infected | Skipped | Error:
    """What ClamAV's daemon clamd says of the message.

    The message is sent over the connection, so clamd needs no rights on our files and may run on another machine; who
    uses TCP should know that clamd has no encryption and no passwords. `infected` has the `name` of what was found,
    `skipped` says `why`: the message is larger than `max_size`. `error` means that no server gave an answer within the
    deadline, or none that makes sense; the log has what was the matter with each of them.

    A message larger than clamd's own `StreamMaxLength` is an `error`, never `skipped`: rules have not decided that. Keep
    `max_size` below it, or raise it. Of what is larger than its `MaxFileSize` or `MaxScanSize` clamd says that it is clean;
    `AlertExceedsMax yes` in its configuration makes these infections named `Heuristics.Limits.Exceeded`.

    Arguments:
        socket: the server: the path of its socket, or `HOST:PORT`
        backups: servers that are asked, in this order, when the first one gives no answer
        patience: how long a server may take while there is another one to ask; the last one has all the time that is left
        max_size: larger messages are not scanned

    Examples:
        on data_post:
            let scan = clamdscan(socket = "/run/clamav/clamd.ctl", backups = ["192.0.2.8:3310"], max_size = 20MB)
            match scan:
                case infected: deny 5.7.1 "Virus found: {{ scan.name }}"
                case clean, skipped: pass
                case error: defer 4.3.0
    """
    if message.size > max_size:
        return Skipped(f"the message has {message.size} octets, more than {max_size}")

    async def ask(clamd: Connection) -> Clean | Infected:
        whole = await _sent(clamd, message)
        return _parsed(await clamd.receive(_ANSWER, until=b"\0"), whole)

    return await first_answer((socket, *backups), patience, ask)


async def _sent(clamd: Connection, message: Message) -> bool:
    """Streams the message; True when clamd has had all of it."""
    going = await clamd.send(b"zINSTREAM\0")
    chunks = message.chunks()
    more = True
    while going and more:
        block, more = await next_block(chunks, message)
        # a block without octets would be the end
        octets = len(block).to_bytes(4, "big") + block if block else b""
        going = await clamd.send(octets if more else octets + bytes(4))
    return going


def _parsed(answer: bytes, whole: bool) -> Clean | Infected:
    """What an answer says of the message. Raises LookupFailure for one that says nothing of it."""
    if not answer:
        raise LookupFailure("it closed the connection without an answer")
    said, end, more = answer.partition(b"\0")
    if said == _TOO_LARGE:
        raise LookupFailure("the message is larger than its StreamMaxLength: raise that, or lower max_size")
    if not end or more:
        raise LookupFailure(f"it answered {printable(answer, _LONGEST_WORDS)}, which is no whole answer")
    if not whole:
        raise LookupFailure(f"it answered {printable(said, _LONGEST_WORDS)} before it had the message")
    found = _FOUND.fullmatch(said)
    if found is None and said != b"stream: OK":
        raise LookupFailure(f"it answered {printable(said, _LONGEST_WORDS)}")
    return Clean() if found is None else Infected(printable(found[1], _LONGEST_NAME) or "?")
