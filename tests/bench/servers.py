"""Starts and stops the servers that are compared: each on a free loopback port, each in a process group of its own."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bench import ours, place

SINK = "smtp-sink"
HARAKA = "Haraka"
OURS = "ours"

_PATIENCE = 20.0
"""The most seconds that a server may take to start."""


class DidNotStart(Exception):
    """A server did not listen in time; the text holds its last words."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its name, its port, the root of its process tree, its folder, and the daemons that it may ask."""

    name: str
    port: int
    process: subprocess.Popen[bytes] = field(repr=False)
    folder: Path
    daemons: Sequence[int] = ()

    @property
    def pid(self) -> int:
        return self.process.pid


Command = Callable[[Path, int], Sequence[str | Path]]
"""Writes a server's configuration into its folder and returns the command that starts it on a port."""


def _sink(folder: Path, port: int) -> Sequence[str | Path]:
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    return [place.SMTP_SINK, *user, "-m", "20000", "-h", place.DOMAIN, f"127.0.0.1:{port}", "4096"]


def _haraka(folder: Path, port: int) -> Sequence[str | Path]:
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    (folder / "queue").mkdir(exist_ok=True)
    (config / "plugins").write_text("rcpt_to.in_host_list\nqueue/discard\n")
    (config / "smtp.ini").write_text(f"listen=127.0.0.1:{port}\n")
    for name in ("host_list", "me"):
        (config / name).write_text(f"{place.DOMAIN}\n")
    (config / "log.ini").write_text("[main]\nlevel=warn\n")
    (folder / "package.json").write_text(json.dumps({"private": True}))
    # without a connection.ini that has a section [message] Haraka 3.3 fails at the first message
    shutil.copy(place.HARAKA / "config" / "connection.ini", config)
    return ["env", "YES_REALLY_DO_DISCARD=1", place.HARAKA.parent / ".bin" / "haraka", "-c", folder]


def _stock(loop: str) -> Command:
    return lambda folder, port: [place.PYTHON, place.HERE / "stock_aiosmtpd.py", str(port), loop]


def _ours(set_up: str) -> Command:
    start = [place.PYTHON, "-m", "qpsmtpd", "serve", "--loop", ours.SET_UPS[set_up][0]]
    return lambda folder, port: [*start, ours.write(set_up, folder, port)]


COMMANDS: dict[str, Command] = {
    SINK: _sink,
    HARAKA: _haraka,
    "aiosmtpd asyncio": _stock("asyncio"),
    "aiosmtpd uvloop": _stock("uvloop"),
    **{name: _ours(name) for name in ours.SET_UPS},
}
"""Every server, in the order of the table's columns."""

NAMESERVER = "127.0.0.54"
"""The address of the name server that answers all servers."""


class Fleet:
    """The servers of one run, and the daemons that they ask; leaving the context stops them all."""

    def __init__(self, commands: Mapping[str, Command] = COMMANDS, names: Sequence[str | Path] | None = None) -> None:
        """`names` is the command that serves names at NAMESERVER; nameserver.py unless given."""
        self.servers: list[Server] = []
        self._commands = commands
        self._names = [str(word) for word in names or (sys.executable, place.HERE / "nameserver.py", NAMESERVER)]
        self._others: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        # held-open connections need descriptors; children inherit the limit
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return self

    def __exit__(self, *failure: object) -> None:
        for process in [*(server.process for server in self.servers), *self._others]:
            _stop(process)

    def start_daemon(self, name: str, command: Sequence[str | Path], answers: Callable[[], bool]) -> None:
        """Starts what the servers that are started later share, and waits until it answers. Raises DidNotStart."""
        folder = place.RUN / name
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "output.log"
        process = _launch([str(word) for word in command], log, folder)
        self._others.append(process)
        deadline = time.monotonic() + _PATIENCE
        while not answers():
            if time.monotonic() > deadline or process.poll() is not None:
                raise DidNotStart(f"{name} did not start:\n{_last_words(log)}")
            time.sleep(0.1)

    def start(self, name: str) -> Server:
        """Starts a server and waits until it listens. Raises DidNotStart."""
        folder = place.RUN / name.replace(" ", "-").replace(",", "")
        folder.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        command = [str(word) for word in self._commands[name](folder, port)]
        log = folder / "output.log"
        process = _launch([*self._with_own_resolver(), *command], log, folder)
        server = Server(name, port, process, folder, [other.pid for other in self._others])
        self.servers.append(server)
        if not _listens(server):
            raise DidNotStart(f"{name} did not start ({' '.join(command)}):\n{_last_words(log)}")
        return server

    def _with_own_resolver(self) -> list[str]:
        """The start of a command that gives a server our name server; only root may do that, others use the machine's."""
        if os.geteuid() != 0:
            return []
        resolv = place.RUN / "resolv.conf"
        if not self.servers:
            resolv.write_text(f"nameserver {NAMESERVER}\noptions timeout:1 attempts:2\n")
            self._others.append(_launch(self._names, place.RUN / "nameserver.log", place.RUN))
        mount = 'mount --make-rprivate / && mount --bind "$0" /etc/resolv.conf && exec "$@"'
        return ["unshare", "-m", "sh", "-c", mount, str(resolv)]


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _launch(command: Sequence[str], log: Path, folder: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=place.environment(),
            start_new_session=True,
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(server: Server) -> bool:
    """True as soon as the server greets; False when it has ended or it has taken too long."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
                if client.recv(3) == b"220":
                    return True
        except OSError:
            time.sleep(0.1)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the process group that we started, gently first."""
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
