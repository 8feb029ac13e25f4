"""What each SMTP command does: check its argument, ask the rules, and change session and transaction on the last lines only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.paths import Refused, parse_mail, parse_rcpt
from qpsmtpd.runtime.smtp.receiving import data_decided
from qpsmtpd.runtime.smtp.session import Helo, Transaction
from qpsmtpd.runtime.smtp.states import ACCEPT, DISCARD, GREETED, MAIL, RCPT, REFUSING, Reason

if TYPE_CHECKING:
    from qpsmtpd.runtime.smtp.machine import Machine

_HELO_LIMIT = 255


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
    machine.before = (session.helo, session.esmtp, session.transaction, session.keep())
    session.helo = Helo(name.lower())
    session.esmtp = esmtp
    session.transaction = None
    session.restore(machine.at_connect)
    machine.consult("helo", _greeted, strict=True)


def _greeted(machine: Machine, verdict: Verdict | None) -> None:
    session = machine.session
    helo, esmtp, transaction, facts = machine.before
    machine.before = None
    if verdict is not None and verdict.verb in REFUSING:
        machine.refused("helo", verdict)
        session.helo, session.esmtp, session.transaction = helo, esmtp, transaction
        session.restore(facts)
        return
    machine.at_helo = session.keep()
    machine.state = GREETED
    machine.out.append(machine.setup.ehlo if session.esmtp else machine.setup.helo)


def mail(machine: Machine, argument: str) -> None:
    session, setup = machine.session, machine.setup
    try:
        sender, params = parse_mail(argument, esmtp=session.esmtp, max_size=setup.limits.size)
    except Refused as refused:
        machine.refuse(refused.reply)
        return
    machine.begun += 1
    session.transaction = Transaction(machine.begun, sender, params)
    session.transaction.gone = machine.half_closed
    machine.consult("mail", _sender_decided)


def _sender_decided(machine: Machine, verdict: Verdict | None) -> None:
    if verdict is None:
        machine.out.append(replies.SENDER_OK)
        machine.state = MAIL
    elif verdict.verb is ACCEPT:
        machine.state = MAIL
        machine.answer(verdict)
    else:
        machine.refused("mail", verdict)
        machine.drop()


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
    if verdict is None or verdict.verb is ACCEPT:
        if not (transaction.marked or session.relay):
            machine.record(
                "relay-stopped",
                level="critical",
                recipient=transaction.recipient.text,
                rule="" if verdict is None else verdict.rule,
            )
            machine.refused("rcpt", replies.NO_MARK)
            return
        transaction.recipients.append(transaction.recipient)
        machine.state = RCPT
        if verdict is None:
            machine.out.append(replies.RECIPIENT_OK)
        else:
            machine.answer(verdict)
    elif verdict.verb is DISCARD:
        machine.record("discarded", recipient=transaction.recipient.text, rule=verdict.rule)
        transaction.discarded += 1
        machine.state = RCPT
        machine.answer(verdict)
    else:
        machine.refused("rcpt", verdict)


def data(machine: Machine, argument: str) -> None:
    machine.consult("data", data_decided, strict=True)


def rset(machine: Machine, argument: str) -> None:
    machine.drop()
    machine.out.append(replies.OK)


def quit(machine: Machine, argument: str) -> None:
    machine.close(replies.BYE, Reason.QUIT)


def noop(machine: Machine, argument: str) -> None:
    machine.out.append(replies.OK)


def help(machine: Machine, argument: str) -> None:
    machine.out.append(replies.HELP)


def vrfy(machine: Machine, argument: str) -> None:
    machine.out.append(replies.CANNOT_VERIFY)


def absent(machine: Machine, argument: str) -> None:
    machine.refuse(replies.NOT_IMPLEMENTED)
