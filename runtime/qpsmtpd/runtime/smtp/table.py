"""Which command is allowed in which state, what it takes, and what answers it out of order (RFC 5321 section 4.1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qpsmtpd.runtime.smtp import commands, replies, side_commands

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine


@dataclass(frozen=True, slots=True)
class Command:
    """A row: `wrong` holds, for each state, the reply where the command is out of order, else None.

    `bare`: takes no argument. `last`: nothing may follow it before its reply (RFC 2920 section 3.1; engine's law for
    those where it matters); if something does, the rules of the hook `judged` may decide what becomes of it.
    `advances`: brings a message forward.
    """

    run: Callable[[Machine, str], None]
    wrong: tuple[bytes | None, bytes | None, bytes | None, bytes | None]
    bare: bool = False
    last: bool = False
    judged: str = ""
    advances: bool = False


_ALWAYS = (None, None, None, None)
_NO_HELO = replies.SAY_HELO
_NESTED = replies.NESTED_MAIL
_MAIL = replies.NEED_MAIL
_RCPT = replies.NEED_RCPT

COMMANDS: Mapping[str, Command] = {
    #                               NEW      GREETED MAIL     RCPT
    "EHLO": Command(commands.ehlo, _ALWAYS, last=True),
    "HELO": Command(commands.helo, _ALWAYS, last=True),
    "MAIL": Command(commands.mail, (_NO_HELO, None, _NESTED, _NESTED), advances=True),
    "RCPT": Command(commands.rcpt, (_NO_HELO, _MAIL, None, None), advances=True),
    "DATA": Command(commands.data, (_NO_HELO, _MAIL, _RCPT, None), bare=True, last=True, judged="data", advances=True),
    "RSET": Command(commands.rset, _ALWAYS, bare=True),
    "QUIT": Command(side_commands.quit, _ALWAYS, bare=True, advances=True),
    "NOOP": Command(side_commands.noop, _ALWAYS),
    "HELP": Command(side_commands.help, _ALWAYS),
    "VRFY": Command(side_commands.vrfy, _ALWAYS),
    **{verb: Command(side_commands.absent(verb), _ALWAYS) for verb in ("EXPN", "TURN", "ETRN", "AUTH", "STARTTLS", "BDAT")},
}
