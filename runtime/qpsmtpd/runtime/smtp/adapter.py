"""The dialogue's machine on asyncio, as a protocol of aiosmtpd; the only file that knows aiosmtpd.

`aiosmtpd.smtp.SMTP` stays the base, so that what is written for it finds the `session` and `envelope` it knows, but none of its
loop runs: no stream reader, no timer and no task belongs to a connection that has nothing to wait for. Its constructor
runs once for each listener, and what it makes becomes attributes of the class that the listener's connections are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiosmtpd.smtp import SMTP

from qpsmtpd.dsl.model.program import Program
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.engine.services import Services
from qpsmtpd.runtime.smtp.connections import Connections
from qpsmtpd.runtime.smtp.machine import Machine
from qpsmtpd.runtime.smtp.session import Session, Transaction
from qpsmtpd.runtime.smtp.setup import Setup, set_up
from qpsmtpd.runtime.smtp.states import CLOSED, HOLD, Reason
from qpsmtpd.runtime.smtp.sweep import Watch

_KEPT = 64 * 1024
"""Octets of input that may wait before reading stops: sooner would cost system calls and hide that a client has gone."""

_PER_CONNECTION = frozenset(
    {"transport", "session", "envelope", "_stream_reader_wr", "_reader", "_writer", "_transport", "_task", "_closed"}
    | {"_drain_waiters", "_stream_writer", "_source_traceback", "_auth_methods", "_smtp_methods"}
)
"""What the constructor makes that must not be shared: the last two hold methods bound to the template."""


class Adapter(SMTP):
    """One connection. Instances are made of the classes that `bound` makes."""

    __slots__ = ("machine", "paused", "task", "transport", "watch")

    connections: Connections
    setup: Setup
    machine: Machine
    # read by StreamReaderProtocol's properties and destructor
    _stream_reader_wr = _closed = _client_connected_cb = None

    def __init__(self) -> None:  # the template has run the base's
        self.transport: Any = None
        self.task: asyncio.Task[None] | None = None
        self.watch: Watch | None = None
        self.paused = False

    def __del__(self) -> None:
        """The base's looks for a future that does not exist here."""

    @property
    def session(self) -> Session:  # type: ignore[override]
        """The connection's session, as rules see it."""
        return self.machine.session

    @property
    def envelope(self) -> Transaction | None:  # type: ignore[override]
        """The transaction under way."""
        return self.machine.session.transaction

    # -- asyncio's protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if not peer:  # it has gone already
            cast(asyncio.Transport, transport).abort()
            return
        setup = self.setup
        count, refusal = self.connections.admit(self, peer[0])
        session = Session(transport, peer, setup.listener, setup.services, count)
        self.machine = machine = Machine(setup, session)
        if refusal is not None:
            machine.close(refusal, Reason.REFUSED)
        else:
            try:
                machine.start()
            except Exception as error:  # noqa: BLE001 - a bug of ours ends this session and no other
                machine.broken(error)
        self._pump()

    def data_received(self, data: bytes) -> None:
        machine = self.machine
        try:
            machine.feed(data)
        except Exception as error:  # noqa: BLE001 - a bug of ours ends this session and no other
            machine.broken(error)
        self._pump()

    def eof_received(self) -> bool:
        """True keeps the way to the client open: answers that are on their way still go out."""
        machine = self.machine
        machine.hang_up()
        return machine.blocked or (machine.mode == HOLD and machine.body is None)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is None:
            return
        self.transport = None
        if not self.connections.release(self):
            return
        machine = self.machine
        machine.lost()
        if self.task is not None and not machine.busy:
            self.task.cancel()
        self._await()

    def pause_writing(self) -> None:
        self.machine.blocked = True
        self._pause()

    def resume_writing(self) -> None:
        self.machine.blocked = False
        self._go_on()

    # -- what the sweep and the acceptor call

    def cut(self, reply: bytes, reason: Reason) -> None:
        """Says a last word and closes."""
        self.machine.close(reply, reason)
        self._pump()

    def abort(self) -> None:
        """Closes without waiting for the client to read."""
        if self.transport is not None:
            self.transport.abort()

    @property
    def at_rest(self) -> bool:
        """True when no message is under way and nothing is awaited."""
        machine = self.machine
        return machine.mode < HOLD and machine.session.transaction is None

    # -- between the two

    def _pump(self) -> None:
        """Writes replies and lets the machine go on until it waits for the client or for us."""
        machine, transport = self.machine, self.transport
        while True:
            out = machine.out
            if out:
                if transport is not None:
                    transport.write(out[0] if len(out) == 1 else b"".join(out))
                out.clear()
            if not machine.more or machine.blocked:
                break
            machine.go_on()
        if machine.want is not None:
            self._await()
        if transport is None:
            return
        if machine.mode == CLOSED or (machine.half_closed and machine.mode != HOLD and not machine.blocked):
            transport.close()
        elif self.connections.draining and self.at_rest:
            self.connections.dismiss(self)
        elif len(machine.rest) > _KEPT:
            self._pause()
        elif self.paused and not machine.blocked and machine.mode != HOLD:
            self._read_on()

    def _go_on(self) -> None:
        try:
            self.machine.go_on()
        except Exception as error:  # noqa: BLE001 - a bug of ours ends this session and no other
            self.machine.broken(error)
        self._pump()

    def _pause(self) -> None:
        if not self.paused and self.transport is not None and not self.transport.is_closing():
            self.paused = True
            self.transport.pause_reading()

    def _read_on(self) -> None:
        self.paused = False
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _await(self) -> None:
        machine = self.machine
        want, machine.want = machine.want, None
        if want is not None:
            self.task = self.connections.loop.create_task(self._waiting(want))

    async def _waiting(self, want: Awaitable[Verdict | None]) -> None:
        machine = self.machine
        try:
            result = await want
        except asyncio.CancelledError:
            # the connection or the service has ended; the machine goes on to its last record
            machine.gone, result = True, None
        self.task = None
        try:
            machine.resume(result)
        except Exception as error:  # noqa: BLE001 - a bug of ours ends this session and no other
            machine.broken(error)
        self._pump()


class _Nobody:
    """A handler for the template: the rules handle everything."""


class Acceptor(Connections):
    """Makes the protocol of each connection, counts and sweeps them all."""

    def __init__(self, program: Program, services: Services, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(program.server, services.journal, loop)
        self._classes: dict[str, type[Adapter]] = {}
        self.replace(program, services)

    def replace(self, program: Program, services: Services) -> None:
        """New connections get this program; those that are open keep theirs. A listener that it does not have stays as it was."""
        self._settings = program.server
        self._journal = services.journal
        for listener in program.listeners:
            self._classes[listener.name] = _bound(set_up(listener, program.server, services), self)

    def protocol(self, listener: str) -> Callable[[], asyncio.BaseProtocol]:
        """What a listening socket makes of each connection, by the program of that moment."""
        classes = self._classes
        return lambda: classes[listener]()


def _bound(setup: Setup, connections: Connections) -> type[Adapter]:
    """The class of the connections of one listener under one program."""
    template = SMTP(_Nobody(), hostname=setup.hostname, loop=connections.loop)
    shared = {name: value for name, value in vars(template).items() if name not in _PER_CONNECTION}
    return type("Bound", (Adapter,), {**shared, "__slots__": (), "setup": setup, "connections": connections})
