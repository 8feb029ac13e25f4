"""The commands that bring no message forward: NOOP, VRFY, HELP, QUIT, and those that are not served here.

Rules may answer each of them themselves; else the usual answer is given. After QUIT the connection ends whatever is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.states import REFUSING, Reason

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine

Run = Callable[["Machine", str], None]
Usual = Callable[["Machine"], None]


def _ask(machine: Machine, hook: str, said: tuple[str, str], usual: Usual) -> None:
    """Lets the rules of `hook` answer what was said (a command's word and argument); where they do not, gives the usual answer."""
    if hook not in machine.setup.hooks:
        usual(machine)
        return
    session = machine.session
    session.command, session.argument = said

    def decided(machine: Machine, verdict: Verdict | None) -> None:
        if verdict is None:
            usual(machine)
        elif verdict.verb in REFUSING:
            machine.refused(hook, verdict)
        else:
            machine.answer_command(verdict)
        if session.transaction is None:
            # a message begins with what `connect` and `helo` have set, and with nothing else
            session.restore(machine.at_helo)
        if hook == "quit":
            machine.close(None, Reason.QUIT)

    machine.consult(hook, decided)


def noop(machine: Machine, argument: str) -> None:
    _ask(machine, "noop", ("NOOP", argument), _fine)


def help(machine: Machine, argument: str) -> None:
    _ask(machine, "help", ("HELP", argument), _helped)


def vrfy(machine: Machine, argument: str) -> None:
    _ask(machine, "vrfy", ("VRFY", argument), _not_verified)


def quit(machine: Machine, argument: str) -> None:
    _ask(machine, "quit", ("QUIT", argument), _goodbye)


def unrecognized(machine: Machine, word: str, argument: str) -> None:
    """A command that nobody knows."""
    _ask(machine, "unrecognized_command", (word, argument), _unknown)


def absent(word: str) -> Run:
    """What a command does that is known and not served."""
    return lambda machine, argument: _ask(machine, "unrecognized_command", (word, argument), _not_served)


def _fine(machine: Machine) -> None:
    machine.out.append(replies.OK)


def _helped(machine: Machine) -> None:
    machine.out.append(replies.HELP)


def _not_verified(machine: Machine) -> None:
    machine.out.append(replies.CANNOT_VERIFY)


def _goodbye(machine: Machine) -> None:
    machine.close(replies.BYE, Reason.QUIT)


def _unknown(machine: Machine) -> None:
    machine.refuse(replies.UNKNOWN_COMMAND)


def _not_served(machine: Machine) -> None:
    machine.refuse(replies.NOT_IMPLEMENTED)
