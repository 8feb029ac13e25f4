"""The SMTP dialogue of one connection, without I/O: octets in, replies out (RFC 5321, RFC 2920).

It decides how input becomes commands and message, in what order hooks run, and when the connection must end. Results
are left in fields for the adapter: replies in `out`, something to await in `want`, and `mode`. What a command does
stands in `commands`, `side_commands` and `receiving`, which command is allowed when in `table`, rules that only look on
in `observers`; it knows no socket, loop or rule.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.engine.hooks import failed_hook, run_hook
from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.beginning import begin
from qpsmtpd.runtime.smtp.body import Body
from qpsmtpd.runtime.smtp.commands import Before, Variables
from qpsmtpd.runtime.smtp.observers import Event, notice, said, show
from qpsmtpd.runtime.smtp.receiving import end_of_data, header_there, spill, unfinished
from qpsmtpd.runtime.smtp.session import FRESH, Session
from qpsmtpd.runtime.smtp.setup import Setup
from qpsmtpd.runtime.smtp.side_commands import unrecognized
from qpsmtpd.runtime.smtp.states import BODY, CLOSED, COMMAND, DENY, GREETED, HOLD, NEW, REFUSING, SKIP, Reason, State
from qpsmtpd.runtime.smtp.table import COMMANDS, Command

LINE_LIMIT = 2048
"""Octets of a command line, its CR included (RFC 5321 section 4.5.3.1.4 asks for 512 and more for extensions)."""
BATCH = 128
"""Replies after which the adapter must write, and see whether the client reads them."""

Then = Callable[["Machine", Verdict | None], None]
"""How a command goes on when its hook has decided."""


class Machine:
    """One connection's dialogue."""

    __slots__ = (
        "_strict",
        "_then",
        "ahead",
        "at_connect",
        "at_helo",
        "before",
        "begun",
        "blocked",
        "body",
        "busy",
        "commands",
        "ended",
        "errors",
        "events",
        "gone",
        "half_closed",
        "idle",
        "messages",
        "mode",
        "more",
        "out",
        "reason",
        "rest",
        "session",
        "setup",
        "state",
        "stood",
        "variables",
        "want",
    )

    def __init__(self, setup: Setup, session: Session) -> None:
        self.setup = setup
        self.session = session
        self.state: State = NEW
        self.mode = HOLD
        self.out: list[bytes] = []
        """Replies to be written."""
        self.want: Awaitable[Any] | None = None
        """To be awaited once; its result goes to `resume`."""
        self.rest: bytes | bytearray = b""
        """Input not worked on yet."""
        self.more = False
        """The batch of replies is full: `go_on` when they are written."""
        self.blocked = False
        """The client does not read its replies: input is only kept. Set by the adapter."""
        self.gone = False
        """The client has closed the connection."""
        self.half_closed = False
        """The client has said that it sends no more."""
        self.busy = False
        """What is awaited must not be cancelled when the client has gone."""
        self.ended = False
        self.ahead = False
        """More input stands behind the command in hand."""
        self.body: Body | None = None
        self.commands = 0
        """Commands and messages so far: what moves when the client does its part."""
        self.begun = 0
        self.messages = 0
        self.errors = 0
        self.idle = 0
        self.reason = Reason.LOST
        self.at_connect = self.at_helo = FRESH
        self.before: Before | None = None
        self.events: tuple[Event, ...] = ()
        """What has happened and rules will look at."""
        self.stood: int
        """The mode to which the dialogue goes back when they have."""
        self.variables: Variables
        if setup.connection_vars:
            session.vars = SimpleNamespace(**setup.connection_vars)
            self.variables = Variables()
        self._then: Then | None = None
        self._strict = False

    # -- what the adapter calls

    def start(self) -> None:
        """The connection is accepted: runs `pre_connection` and `connect`, then greets."""
        self.mode = COMMAND
        begin(self)
        if self.events:
            self.look_on()

    def feed(self, data: bytes) -> None:
        """Takes what the client has sent."""
        if self.mode >= HOLD or self.blocked:
            if self.mode != CLOSED:
                self._keep(data)
            return
        if self.rest:
            data = bytes(self.rest) + data
            self.rest = b""
        if self.mode == COMMAND and data.find(b"\n") == len(data) - 1 <= LINE_LIMIT:
            if data:  # one command, as most clients send them
                self._command(data[:-1], True)
            return
        self._run(data)

    def go_on(self) -> None:
        """Works on the input that was kept, as far as possible now."""
        self.more = False
        if self.mode < HOLD and self.rest and not self.blocked:
            data, self.rest = bytes(self.rest), b""
            self._run(data)

    def resume(self, result: Verdict | None) -> None:
        """What was awaited has come."""
        then, self._then = self._then, None
        busy, self.busy = self.busy, False
        self.want = None
        self.mode = COMMAND
        if self.ended:
            if then is not None:
                then(self, result)
            return
        if self.gone and not (busy and self.body is None):
            self._end()
            return
        if then is not None:
            self._decided(then, result, strict=self._strict)
            if self.events:
                self.look_on()
        if self.gone:
            self._end()
        else:
            self.go_on()

    def lost(self) -> None:
        """The connection is closed; what is awaited ends first."""
        self.gone = True
        self.hang_up()
        if self.mode != HOLD:
            self._end()

    def hang_up(self) -> None:
        """The client sends no more, and may not wait for what becomes of its message: nothing is handed over from here on."""
        self.half_closed = True
        if self.session.transaction is not None:
            self.session.transaction.gone = True

    def broken(self, error: Exception) -> None:
        """Something of ours has failed that should not."""
        self.close(failed_hook(self.session, error).reply, Reason.BROKEN)

    # -- what commands call

    def consult(self, hook: str, then: Then, *, strict: bool = False) -> None:
        """Runs the rules of a hook, then `then`, at once where nothing must be awaited.

        `strict`: the client may send nothing before the reply.
        """
        code = self.setup.hooks.get(hook)
        if code is None:
            then(self, None)
            return
        session = self.session
        session.hook = hook
        session.begin_turn(heard=strict and self.ahead)
        try:
            result = code(session, session.transaction)
        except Exception as error:  # noqa: BLE001 - rules and functions may raise anything; the session must go on
            result = failed_hook(session, error)
        if result is None or isinstance(result, Verdict):
            self._decided(then, result, strict=strict)
            return
        self.hold(run_hook(session, result, self.setup.budget(hook)), then, strict=strict)

    def _decided(self, then: Then, result: Verdict | None, *, strict: bool) -> None:
        """Goes on with a command, unless the client has not waited and no rule has decided what becomes of that."""
        early = strict and self.session.heard and not self.session.asked_early
        if early and (result is None or result.verb not in REFUSING):
            self.unsynchronised()
        else:
            then(self, result)

    def hold(self, want: Awaitable[Any], then: Then, *, strict: bool = False) -> None:
        """Keeps input until something has come."""
        self.want = want
        self._then = then
        self._strict = strict
        self.mode = HOLD

    def look_on(self) -> None:
        """Lets rules look at what has happened, unless the command is not answered yet."""
        if self.mode != HOLD:
            show(self)

    def refuse(self, reply: bytes) -> None:
        """Answers a command that was wrong or is refused for good."""
        self.out.append(reply)
        self.errors += 1
        if self.errors >= self.setup.settings.max_errors:
            self.close(replies.TOO_MANY_ERRORS, Reason.ERRORS)

    def answer(self, verdict: Verdict) -> None:
        """Says a verdict."""
        self.out.append(verdict.reply)
        if verdict.disconnect:
            self.close(None, Reason.REFUSED)

    def answer_command(self, verdict: Verdict) -> None:
        """Says a rule's own answer to a command; one that is negative for good counts as an error."""
        if verdict.code < 500 or verdict.disconnect:
            self.answer(verdict)
        else:
            self.refuse(verdict.reply)

    def refused(self, hook: str, verdict: Verdict) -> None:
        """Answers with a rule's deny or defer, and records it."""
        session = self.session
        transaction = session.transaction
        fields: dict[str, object] = {}
        if transaction is not None:
            fields["sender"] = transaction.sender.text
            if hook == "rcpt" and transaction.recipient is not None:
                fields["recipient"] = transaction.recipient.text
        self.record(
            "refused",
            "info",
            hook=hook,
            listener=session.listener,
            ip=session.peer[0],
            helo=session.helo,
            verdict=verdict.verb.value,
            rule=verdict.rule,
            text=verdict.text,
            **fields,
        )
        self.deny(hook, verdict)

    def accepted(self, hook: str, verdict: Verdict | None) -> None:
        """Lets rules look at an acceptance: by this verdict, or because none was against it."""
        notice(self, "accepted", said(hook, verdict))

    def deny(self, hook: str, verdict: Verdict) -> None:
        """Answers with a deny or defer, and lets rules look at it."""
        if verdict.verb is DENY and not verdict.disconnect:
            self.refuse(verdict.reply)
        else:
            self.answer(verdict)
        if self.setup.denied:
            notice(self, "denied", said(hook, verdict))

    def unsynchronised(self) -> None:
        """The client has sent something before a reply it had to wait for (RFC 2920 section 3.1)."""
        self.close(replies.UNSYNCHRONISED, Reason.UNSYNCHRONISED)

    def close(self, reply: bytes | None, reason: Reason) -> None:
        """Says a last word; nothing the client sends counts any more."""
        if reply is not None:
            self.out.append(reply)
        self.mode = CLOSED
        self.reason = reason
        self.rest = b""
        self.more = False

    def drop(self) -> None:
        """Ends the transaction, if there is one."""
        session = self.session
        transaction = session.transaction
        if transaction is not None:
            if self.setup.reset_transaction:
                notice(self, "reset_transaction")
            session.transaction = None
            if transaction.message is not None and not self.events:
                transaction.release()
            session.restore(self.at_helo)
        if self.body is not None:
            self.body.release()
            self.body = None
        if self.state is not NEW:
            self.state = GREETED

    # -- input

    def _keep(self, data: bytes) -> None:
        if not isinstance(self.rest, bytearray):
            self.rest = bytearray(self.rest)
        self.rest += data
        if self.mode == HOLD:
            self.session.hear()

    def _run(self, data: bytes) -> None:
        pos, size = 0, len(data)
        while pos < size and self.mode < HOLD:
            if len(self.out) >= BATCH:
                self.more = True
                break
            if self.mode == BODY:
                pos = self._body(data, pos)
                continue
            end = data.find(b"\n", pos)
            if end < 0:
                pos = self._unfinished(size, pos)
                break
            line = data[pos:end]
            pos = end + 1
            if self.mode == SKIP:
                self.mode = COMMAND
            elif len(line) > LINE_LIMIT:
                self.refuse(replies.LINE_TOO_LONG)
            else:
                self._command(line, pos == size)
        if self.mode != CLOSED and pos < size:
            self.rest = data[pos:]

    def _body(self, data: bytes, pos: int) -> int:
        body = self.body
        assert body is not None
        if body.heading and (stop := body.header_end(data, pos)) >= 0:
            end = body.feed(data[pos:stop], 0)
            if end < 0:
                header_there(self)
                return stop
            end += pos
        else:
            end = body.feed(data, pos)
        if end >= 0:
            self.commands += 1
            self.mode = COMMAND
            end_of_data(self)
            if self.events:
                self.look_on()
            return end
        if body.full:
            self.busy = True
            self.hold(spill(self, body), _spilled)
        return len(data)

    def _unfinished(self, size: int, pos: int) -> int:
        """A line whose end has not come; gives the place from which to keep."""
        if self.mode == SKIP:
            return size
        if size - pos <= LINE_LIMIT:
            return pos
        self.mode = SKIP
        self.refuse(replies.LINE_TOO_LONG)
        return size

    def _command(self, line: bytes, last: bool) -> None:
        """A command line without its LF; `last` when nothing follows it in this read."""
        self.commands += 1
        if not line.endswith(b"\r"):
            self.refuse(replies.BARE_LINE_FEED)
            return
        text = line[:-1].decode("latin-1")
        if not (text.isprintable() and text.isascii()):
            self.refuse(replies.NOT_PRINTABLE)
            return
        verb, _, argument = text.partition(" ")
        command = COMMANDS.get(verb) or COMMANDS.get(verb.upper())
        if command is None or not command.advances:
            self.idle += 1
            if self.idle > self.setup.settings.max_commands_without_mail:
                self.close(replies.TOO_MANY_COMMANDS, Reason.COMMANDS)
                return
        if command is None:
            unrecognized(self, verb.upper(), argument)
        else:
            self._known(command, argument, last)
        if self.events:
            self.look_on()

    def _known(self, command: Command, argument: str, last: bool) -> None:
        """A command of the table."""
        wrong = command.wrong[self.state]
        if wrong is None and command.bare and argument.strip():
            wrong = replies.NO_ARGUMENT
        if command.last and not last and (wrong is not None or command.judged not in self.setup.hooks):
            self.unsynchronised()
        elif wrong is not None:
            self.refuse(wrong)
        else:
            self.ahead = not last
            command.run(self, argument)

    # -- the end

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        self.mode = CLOSED
        self.rest = b""
        unfinished(self)
        self.drop()
        if "disconnect" in self.setup.hooks:
            notice(self, "disconnect")
        if self.events:
            show(self)
        else:
            self.over()

    def over(self) -> None:
        """The connection's last record."""
        session = self.session
        self.setup.record_end(
            session.session_id, session.peer[0], session.listener, str(session.helo), self.reason.value, self.messages
        )

    def record(self, event: str, level: str = "info", **fields: object) -> None:
        """One record of this session."""
        self.setup.services.journal.record(event, level, session=self.session.session_id, **fields)


def _spilled(machine: Machine, _: Verdict | None) -> None:
    machine.mode = BODY
