"""`qpsmtpd serve`: the life of the service from its rules to its last session.

Rules first, then folders, sockets, sessions: so a mistake is told before anything is touched. Which rules apply
and what they mean is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.dsl.model.program import Program
from qpsmtpd.dsl.model.settings import ServerSettings, level_meant
from qpsmtpd.runtime import __version__
from qpsmtpd.runtime.engine.services import Services
from qpsmtpd.runtime.observe.forwarding import Forwarding
from qpsmtpd.runtime.observe.journal import Journal
from qpsmtpd.runtime.observe.log_files import log_target
from qpsmtpd.runtime.observe.loop_errors import LoopErrors
from qpsmtpd.runtime.observe.sink import Sink
from qpsmtpd.runtime.service import control
from qpsmtpd.runtime.service.cannot import Cannot
from qpsmtpd.runtime.service.folders import Lock, private_folder, remove_leftovers
from qpsmtpd.runtime.service.garbage import collect_seldom
from qpsmtpd.runtime.service.lending import SystemClock, lend
from qpsmtpd.runtime.service.listeners import accept, open_sockets, shown
from qpsmtpd.runtime.service.reload import ActiveProgram, Reloader
from qpsmtpd.runtime.service.rules import Loaded, load, not_served
from qpsmtpd.runtime.smtp.adapter import Acceptor
from qpsmtpd.runtime.state.open import state_file, trouble, wants_state
from qpsmtpd.runtime.state.sqlite import SqliteStore
from qpsmtpd.runtime.terminal import colourful


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for: the rules file, and the folder where its relative paths lead (its own when None)."""

    rules: Path
    folder: Path | None
    loop: str


def serve(order: Order) -> int:
    """Runs until it is told to stop. Returns the exit code: 0, or 1 when the rules are refused. Raises Cannot."""
    # until there are rules to reload, a SIGHUP must not end the process; nor may what it asks for be forgotten
    hung_up: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _: hung_up.append(number))
    if order.folder is not None:
        private_folder(order.folder, "the folder")
    try:
        loaded = load(order.rules, order.folder)
    except OSError as error:
        raise Cannot(f"cannot read {error.filename}: {error.strerror}") from error
    counts = loaded.findings.counts()
    if counts["error"] or counts["warning"]:
        print(render_text(loaded.findings, colour=colourful(sys.stderr)), end="", file=sys.stderr)
    if loaded.program is None:
        return 1
    if missing := not_served(loaded.program):
        raise Cannot("; ".join(missing))
    os.umask(0o077)
    _raise_file_limit()
    service = Service(order, loaded, loaded.program)
    try:
        with asyncio.Runner(loop_factory=_loop_factory(order.loop)) as runner:
            runner.run(service.run(hung_up))
    finally:
        service.close()
    return 0


def _loop_factory(wanted: str) -> Any:
    if wanted == "asyncio":
        return None
    try:
        import uvloop
    except ImportError:
        if wanted == "uvloop":
            raise Cannot("uvloop is not installed; say: pip install 'qpsmtpd[uvloop]'") from None
        return None
    return uvloop.new_event_loop


def _raise_file_limit() -> None:
    """Each connection is a descriptor; the usual soft limit is lower than our limit of connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Service:
    """Everything that one running service holds. Made complete or not at all."""

    def __init__(self, order: Order, loaded: Loaded, program: Program) -> None:
        """Locks the folders and opens the sockets. Raises Cannot."""
        self._order = order
        self._home = Path(program.folder)
        server = program.server
        self._release = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self._state = self._own(stack, server.state_dir, "state folder", "qpsmtpd.pid")
            self._spool = self._own(stack, server.spool_dir, "spool folder", "qpsmtpd.lock")
            self.journal = self._open_journal(stack, server)
            self._kept = self._open_state(stack, program)
            self._sockets = {listener.name: open_sockets(listener.settings.bind) for listener in program.listeners}
            self._release = stack.pop_all()
        leftovers = remove_leftovers(self._spool)
        self._active = ActiveProgram(program, loaded.ended, time.time())
        self._log = log_target(server, self._home)
        self._would_have: Counter[tuple[str, str]] = Counter()
        self._started = time.time()
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        if leftovers:
            self.journal.record("leftovers-removed", "notice", files=leftovers, spool=str(self._spool))

    def _own(self, stack: contextlib.ExitStack, folder: str, role: str, lock: str) -> Path:
        path = private_folder(self._home / folder, role)
        stack.callback(Lock(path / lock, role).release)
        return path

    def _open_journal(self, stack: contextlib.ExitStack, server: ServerSettings) -> Journal:
        try:
            journal = Journal(Sink(log_target(server, self._home)))
        except OSError as error:
            raise Cannot(f"cannot open the log {server.log}: {os.strerror(error.errno or 0)}") from error
        journal.keep_from(level_meant(server.log_level))
        stack.callback(journal.close)
        return journal

    def _open_state(self, stack: contextlib.ExitStack, program: Program) -> SqliteStore:
        """The store, whose file is opened when rules first need it; if these do, that it can be is looked at now."""
        path = state_file(program)
        if wants_state(program) and (why := trouble(path)):
            raise Cannot(f"the state {path} cannot be used: {why}; move it away to begin with an empty one")
        store = SqliteStore(path, SystemClock())
        stack.callback(store.close)
        return store

    def close(self) -> None:
        """Gives everything back; to be called when the loop has ended."""
        self._release.close()

    # --- the loop ------------------------------------------------------

    async def run(self, hung_up: Sequence[int] = ()) -> None:
        """Serves until a signal says stop, then drains. `hung_up` has something in it when a SIGHUP came during the start."""
        loop = asyncio.get_running_loop()
        self.journal.attend(loop.call_later)
        loop.set_exception_handler(LoopErrors(self.journal))
        logging.getLogger().addHandler(Forwarding(self.journal, loop))
        self._acceptor = Acceptor(self._active.program, self._lend(self._active.program), loop=loop)
        self._reloader = Reloader(
            self._active,
            load=lambda: load(self._order.rules, self._order.folder),
            swap=self._swap,
            journal=self.journal,
            clock=time.time,
        )
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        # what can still fail comes before the first client
        servers = [await control.listen(self._state, self._answer)]
        self._acceptor.start()
        servers += [await accept(self._acceptor.protocol(name), sock) for name, socks in self._sockets.items() for sock in socks]
        collect_seldom()
        self._announce()
        if hung_up:
            self._hang_up()
        await self._stop.wait()
        for server in servers:
            server.close()
        await self._drain()

    def _announce(self) -> None:
        program = self._active.program
        addresses = self._addresses()
        self.journal.record(
            "ready",
            "notice",
            version=__version__,
            pid=os.getpid(),
            rules=program.digest,
            file=str(self._order.rules),
            listeners=addresses,
            loop=type(asyncio.get_running_loop()).__module__,
        )
        self.journal.flush()
        if self._log.pattern != "stdout":
            where = ", ".join(address for each in addresses.values() for address in each)
            with contextlib.suppress(OSError):
                print(f"qpsmtpd {__version__} listens on {where}; rules {self._order.rules} ({program.digest})", flush=True)

    async def _drain(self) -> None:
        """Lets running transactions finish, unless a second signal says at once."""
        limit = self._active.program.server.drain_timeout
        self.journal.record("draining", "notice", sessions=self._acceptor.open, limit=limit)
        drain = asyncio.ensure_future(self._acceptor.drain(limit))
        hurry = asyncio.ensure_future(self._hurry.wait())
        await asyncio.wait({drain, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not drain.done():
            drain.cancel()
            cut = await self._acceptor.drain(0)
        else:
            cut = drain.result()
        hurry.cancel()
        (self._state / control.NAME).unlink(missing_ok=True)
        self.journal.record("stopped", "warning" if cut else "notice", cut=cut)

    # --- signals -------------------------------------------------------

    def _hang_up(self) -> None:
        self.journal.reopen(self._log)
        if not self._stop.is_set():
            self._reloader.request()

    def _end(self) -> None:
        (self._hurry if self._stop.is_set() else self._stop).set()

    # --- rules ---------------------------------------------------------

    def _lend(self, program: Program) -> Services:
        journal = self.journal.naming(program.digest)
        return lend(program, journal, spool=self._spool, state=self._kept, would_have=self._would_have)

    def _swap(self, program: Program) -> None:
        self._acceptor.replace(program, self._lend(program))
        self.journal.keep_from(level_meant(program.server.log_level))
        target = log_target(program.server, self._home)
        if target != self._log:
            self._log = target
            self.journal.reopen(target)

    # --- the control socket --------------------------------------------

    async def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        match request.get("do"):
            case "status":
                return self.status()
            case "reload":
                outcome = await self._reloader.request(force=request.get("force") is True)
                return {**asdict(outcome), "digest": self._active.program.digest}
        return {"error": "this service does not know that request; is the command of another version?"}

    def status(self) -> dict[str, Any]:
        """What `qpsmtpd status` prints."""
        active, last = self._active, self._active.last
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime": round(time.time() - self._started, 3),
            "rules": str(self._order.rules),
            "digest": active.program.digest,
            "loaded": active.loaded_at,
            "last_reload": asdict(last) if last else None,
            "reloads": active.reloads,
            "listeners": self._addresses(),
            "sessions": self._acceptor.open,
            "counters": self._acceptor.stats(),
            "would_have": [
                {"rule": rule, "verdict": verb, "count": count} for (rule, verb), count in sorted(self._would_have.items())
            ],
            "journal": {"target": self._log.pattern, "lost": self.journal.lost, "trouble": self.journal.trouble},
        }

    def _addresses(self) -> dict[str, list[str]]:
        return {name: [shown(sock) for sock in sockets] for name, sockets in self._sockets.items()}
