"""What the commands of a message do: check the argument, ask the rules, and change session and transaction on the last lines only."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.observers import Event
from qpsmtpd.runtime.smtp.paths import Refused, parse_mail, parse_rcpt
from qpsmtpd.runtime.smtp.receiving import data_decided
from qpsmtpd.runtime.smtp.session import Facts, Helo, Transaction
from qpsmtpd.runtime.smtp.states import ACCEPT, DISCARD, GREETED, MAIL, RCPT, REFUSING

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine

_HELO_LIMIT = 255


Before = tuple[Helo, bool, Transaction | None, Facts]
"""What a HELO began with, and a refused one goes back to: name, kind, transaction, and what rules had set."""


class Variables:
    """The variables that belong to a connection: what HELO has made of them."""

    __slots__ = ("before", "begun", "undo")

    def __init__(self) -> None:
        self.before: dict[str, Any] = {}
        """Their values when the last HELO came."""
        self.begun: dict[str, Any] = {}
        """And when its rules began: without what the HELO before had set."""
        self.undo: dict[str, Any] = {}
        """Those that the last HELO has set, with their values before it."""

    def begin(self, now: dict[str, Any]) -> None:
        """A HELO has come: what the last one had set is forgotten."""
        self.before = dict(now)
        now.update(self.undo)
        self.begun = dict(now)

    def end(self, now: dict[str, Any]) -> None:
        """The HELO was accepted."""
        self.undo = {name: value for name, value in self.begun.items() if now[name] != value}


def ehlo(machine: Machine, argument: str) -> None:
    _greeting(machine, argument, True)


def helo(machine: Machine, argument: str) -> None:
    _greeting(machine, argument, False)


def _greeting(machine: Machine, argument: str, esmtp: bool) -> None:
    name = argument.strip()
    if not name or len(name) > _HELO_LIMIT:
        machine.refuse(replies.HELO_NAME)
        return
    session = machine.session
    machine.before = session.helo, session.esmtp, session.transaction, session.keep()
    session.helo = Helo(name.lower())
    session.esmtp = esmtp
    session.transaction = None
    session.restore(machine.at_connect)
    if session.vars is not None:
        machine.variables.begin(vars(session.vars))
    machine.consult("helo", _greeted, strict=True)


def _greeted(machine: Machine, verdict: Verdict | None) -> None:
    session = machine.session
    assert machine.before is not None
    helo, esmtp, transaction, facts = machine.before
    machine.before = None
    if verdict is not None and verdict.verb in REFUSING:
        machine.refused("helo", verdict)
        session.helo, session.esmtp, session.transaction = helo, esmtp, transaction
        session.restore(facts)
        if session.vars is not None:
            vars(session.vars).update(machine.variables.before)
        return
    machine.at_helo = session.keep()
    if session.vars is not None:
        machine.variables.end(vars(session.vars))
    machine.state = GREETED
    machine.out.append(machine.setup.ehlo if session.esmtp else machine.setup.helo)
    if transaction is not None and machine.setup.reset_transaction:
        machine.events += (Event("reset_transaction", transaction, None, facts),)


def mail(machine: Machine, argument: str) -> None:
    session, setup = machine.session, machine.setup
    try:
        sender, params = parse_mail(argument, esmtp=session.esmtp, max_size=setup.limits.size)
    except Refused as refused:
        machine.refuse(refused.reply)
        return
    machine.begun += 1
    session.transaction = transaction = Transaction(machine.begun, sender, params)
    transaction.gone = machine.half_closed
    if setup.transaction_vars:
        transaction.vars = SimpleNamespace(**setup.transaction_vars)
    machine.consult("mail", _sender_decided)


def _sender_decided(machine: Machine, verdict: Verdict | None) -> None:
    if verdict is not None and verdict.verb is not ACCEPT:
        machine.refused("mail", verdict)
        machine.drop()
        return
    machine.state = MAIL
    if verdict is None:
        machine.out.append(replies.SENDER_OK)
    else:
        machine.answer(verdict)
    if machine.setup.accepted:
        machine.accepted("mail", verdict)


def rcpt(machine: Machine, argument: str) -> None:
    session, setup = machine.session, machine.setup
    transaction = session.transaction
    assert transaction is not None
    if len(transaction.recipients) + transaction.discarded >= setup.settings.max_recipients:
        machine.out.append(replies.TOO_MANY_RECIPIENTS)
        return
    try:
        recipient, params = parse_rcpt(argument, esmtp=session.esmtp, hostname=setup.hostname)
    except Refused as refused:
        machine.refuse(refused.reply)
        return
    transaction.recipient = recipient
    transaction.recipient_params = params
    transaction.marked = False
    machine.consult("rcpt", _recipient_decided)


def _recipient_decided(machine: Machine, verdict: Verdict | None) -> None:
    session = machine.session
    transaction = session.transaction
    assert transaction is not None and transaction.recipient is not None
    if verdict is not None and verdict.verb in REFUSING:
        machine.refused("rcpt", verdict)
        return
    if verdict is not None and verdict.verb is DISCARD:
        machine.record("discarded", recipient=transaction.recipient.text, rule=verdict.rule)
        transaction.discarded += 1
    elif transaction.marked or session.relay:
        transaction.recipients.append(transaction.recipient)
    else:
        rule = "" if verdict is None else verdict.rule
        machine.record("relay-stopped", level="critical", recipient=transaction.recipient.text, rule=rule)
        machine.refused("rcpt", replies.NO_MARK)
        return
    machine.state = RCPT
    if verdict is None:
        machine.out.append(replies.RECIPIENT_OK)
    else:
        machine.answer(verdict)
    if machine.setup.accepted:
        machine.accepted("rcpt", verdict)


def data(machine: Machine, argument: str) -> None:
    machine.consult("data", data_decided, strict=True)


def rset(machine: Machine, argument: str) -> None:
    machine.drop()
    machine.out.append(replies.OK)
