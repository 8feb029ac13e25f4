"""How a connection begins: whether it is let in, and whether it is greeted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.smtp.states import REFUSING, Reason

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine


def begin(machine: Machine) -> None:
    """Asks the rules of `pre_connection` and `connect`, then greets."""
    if "pre_connection" in machine.setup.hooks:
        machine.consult("pre_connection", _let_in, strict=True)
    else:
        machine.consult("connect", _greet, strict=True)


def _let_in(machine: Machine, verdict: Verdict | None) -> None:
    if verdict is not None and verdict.verb in REFUSING:
        _turned_away(machine, "pre_connection", verdict)
    else:
        machine.consult("connect", _greet, strict=True)


def _greet(machine: Machine, verdict: Verdict | None) -> None:
    machine.at_connect = machine.at_helo = machine.session.keep()
    if verdict is not None and verdict.verb in REFUSING:
        _turned_away(machine, "connect", verdict)
    else:
        machine.out.append(machine.setup.banner)


def _turned_away(machine: Machine, hook: str, verdict: Verdict) -> None:
    machine.refused(hook, verdict)
    machine.close(None, Reason.REFUSED)
