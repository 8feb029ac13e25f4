"""A client's connection to the real dialogue machine, without sockets: octets in, replies out, and hooks that are watched.

It does what the service's adapter does between a socket and the machine, and lets time pass as the service's sweep
would. It knows no test and no report.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from qpsmtpd.dsl.model.hooks import ORDER, READABLE
from qpsmtpd.dsl.model.program import HookCode, ListenerProgram
from qpsmtpd.dsl.model.settings import ServerSettings, parse_endpoint
from qpsmtpd.dsl.model.verdicts import Verb, Verdict, verdict
from qpsmtpd.runtime.engine.services import Services
from qpsmtpd.runtime.lab.record import Entered, Left, Record, Said, WatchedSession
from qpsmtpd.runtime.smtp.machine import Machine
from qpsmtpd.runtime.smtp.session import Transaction
from qpsmtpd.runtime.smtp.setup import set_up
from qpsmtpd.runtime.smtp.states import CLOSED, Reason
from qpsmtpd.runtime.smtp.sweep import Watch, sweep

_PORT = 40_000
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}
_DIALOGUE = ("connect", "helo", "mail", "rcpt", "data", "data_post", "queue")
"""Hooks that are come by also when no rule stands in them."""
_TAKEN = verdict(Verb.ACCEPT, "", 250, "2.0.0", "Taken by the test")
_LAST = "queue_post"
"""The last hook of a message; those behind it belong to other commands or observe."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply; `text` has a line for each of the reply's."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text.replace("\n", " / "))))


def replies(octets: bytes) -> list[Reply]:
    """The replies in what the server has said."""
    found: list[Reply] = []
    texts: list[str] = []
    for line in octets.decode("ascii").splitlines():
        code, last, text = line[:3], line[3:4] != "-", line[4:]
        first, _, rest = text.partition(" ")
        enhanced = first if first.count(".") == 2 and first.replace(".", "").isdecimal() and first[0] == code[0] else ""
        texts.append(rest if enhanced else text)
        if last:
            found.append(Reply(int(code), enhanced, "\n".join(texts)))
            texts = []
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """What rules could read at the end of the last hook."""

    hook: str
    session: WatchedSession
    transaction: Transaction | None


class Wire:
    """The facts of a connection that is none."""

    def __init__(self, listener: ListenerProgram) -> None:
        host, port = parse_endpoint(listener.settings.bind[0])
        self._name = (_ANYWHERE.get(host, host), port)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._name if name == "sockname" else default


class Line:
    """One connection. The service's sweep can look at it."""

    def __init__(self, listener: ListenerProgram, server: ServerSettings, services: Services, ip: str, record: Record) -> None:
        self.record = record
        self.seen: Seen | None = None
        self.watch: Watch | None = None
        session = WatchedSession(Wire(listener), (ip, _PORT), listener.name, services)
        session.record = record
        setup = set_up(replace(listener, hooks=self._watched(listener.hooks)), server, services)
        self.machine = Machine(setup, session)

    @property
    def session(self) -> WatchedSession:
        session = self.machine.session
        assert isinstance(session, WatchedSession)
        return session

    @property
    def closed(self) -> bool:
        """True when the server has said its last word."""
        return self.machine.mode == CLOSED

    async def begin(self) -> list[Reply]:
        """The client connects; gives the greeting, or the refusal."""
        try:
            self.machine.start()
        except Exception as error:  # noqa: BLE001 - see _send
            self.machine.broken(error)
        return await self._settled()

    async def say(self, line: str) -> list[Reply]:
        """The client sends a command."""
        self.record.add(Said("C", line))
        return await self._send(line.encode("utf-8") + b"\r\n")

    async def send(self, message: bytes) -> list[Reply]:
        """The client sends a message after 354."""
        self.record.add(Said("C", f"({len(message)} octets of message)"))
        return await self._send(dotted(message) + b".\r\n")

    async def pass_time(self, seconds: float) -> list[Reply]:
        """Nothing happens for so long; the client may hear that it took too long."""
        loop = asyncio.get_running_loop()
        sweep((self,), loop.time())
        await asyncio.sleep(seconds)
        sweep((self,), loop.time())
        return await self._settled()

    async def hang_up(self) -> None:
        """The client is gone."""
        if not self.machine.ended:
            self.machine.lost()
            await self._settled()

    def cut(self, reply: bytes, reason: Reason) -> None:
        """See `qpsmtpd.runtime.smtp.sweep.Watched`."""
        self.machine.close(reply, reason)

    def abort(self) -> None:
        """See `qpsmtpd.runtime.smtp.sweep.Watched`."""

    async def _send(self, octets: bytes) -> list[Reply]:
        try:
            self.machine.feed(octets)
        except Exception as error:  # noqa: BLE001 - as the adapter does it: a bug of ours is a reply and a record
            self.machine.broken(error)
        return await self._settled()

    async def _settled(self) -> list[Reply]:
        """Lets the machine go on until it waits for the client; gives what it has said."""
        machine, said = self.machine, b""
        while True:
            said += b"".join(machine.out)
            machine.out.clear()
            if machine.more:
                machine.go_on()
            elif machine.want is not None:
                want, machine.want = machine.want, None
                try:
                    machine.resume(await want)
                except Exception as error:  # noqa: BLE001 - see _send
                    machine.broken(error)
            else:
                break
        answered = replies(said)
        for line in said.decode("ascii").splitlines():
            self.record.add(Said("S", line))
        return answered

    def _watched(self, hooks: Mapping[str, HookCode]) -> Mapping[str, HookCode]:
        names = [hook for hook in ORDER if hook in hooks or hook in _DIALOGUE]
        return {hook: self._hook(hook, hooks.get(hook)) for hook in names}

    def _hook(self, hook: str, code: HookCode | None) -> HookCode:
        """The hook's rules, with what they knew and decided noted."""

        def run(s: Any, t: Any) -> Any:
            self.record.add(Entered(hook, _facts(s)))
            self._look(hook, s, t)
            result = None if code is None else code(s, t)
            return wait(result, s, t) if inspect.isawaitable(result) else self._left(hook, result, s, t)

        async def wait(result: Any, s: Any, t: Any) -> Verdict | None:
            return self._left(hook, await result, s, t)

        return run

    def _left(self, hook: str, verdict: Verdict | None, s: Any, t: Any) -> Verdict | None:
        self._look(hook, s, t)
        self.record.add(Left(hook, verdict, _facts(s)))
        return verdict

    def _look(self, hook: str, s: Any, t: Any) -> None:
        """Keeps what rules can read: the engine forgets it when the message is over."""
        if ORDER.index(hook) <= ORDER.index(_LAST):
            self.seen = Seen(hook, _kept(s), _kept(t))


def _kept(holder: Any) -> Any:
    """A session or transaction as it is now, with its variables."""
    made = copy.copy(holder)
    if getattr(made, "vars", None) is not None:
        made.vars = copy.copy(made.vars)
    return made


def _facts(session: Any) -> dict[str, object]:
    """What rules can set of a session."""
    rows = [row for rows in READABLE.values() for row in rows if row.assignable and row.code.startswith("s.")]
    return {row.name: getattr(session, row.code.removeprefix("s.")) for row in rows}


def taking(hooks: Mapping[str, HookCode]) -> Mapping[str, HookCode]:
    """Policies alone as the rules of a service: what they do not refuse is taken, every recipient and every message."""

    def rcpt(s: Any, t: Any) -> Any:
        t.marked = True
        return hooks["rcpt"](s, t) if "rcpt" in hooks else None

    def queue(s: Any, t: Any) -> Any:
        result = hooks["queue"](s, t) if "queue" in hooks else None
        return _or_taken(result) if inspect.isawaitable(result) else result or _TAKEN

    return {**hooks, "rcpt": rcpt, "queue": queue}


async def _or_taken(result: Awaitable[Verdict | None]) -> Verdict:
    return await result or _TAKEN


def dotted(message: bytes) -> bytes:
    """A message as it goes over the wire: lines end in CRLF, and one that begins with a dot gets another (RFC 5321 4.5.2)."""
    lines = message.replace(b"\r\n", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
