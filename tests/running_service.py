"""A service in a process of its own, on ports that the kernel gives, for tests that need the real thing."""

from __future__ import annotations

import contextlib
import io
import json
import mailbox
import os
import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from meta.checkout import environment
from qpsmtpd.runtime.cli import main
from qpsmtpd.runtime.service.control import ask

HEAD = """\
server:
    hostname = "mx.example.org"
{settings}
listener mx:
    bind = "127.0.0.1:{port}"

"""
RULES = """\
on rcpt: unless rcpthosts(domain) deny
on queue: maildir("Maildir")
"""
PATIENCE = 30.0


def write_rules(folder: Path, body: str = RULES, *, settings: str = "", port: int = 0) -> Path:
    """Writes rules.q with a listener, and rcpthosts for example.org; returns the rules file."""
    (folder / "rcpthosts").write_text("example.org\n")
    rules = folder / "rules.q"
    lines = "".join(f"    {line}\n" for line in settings.splitlines())
    replace_file(rules, HEAD.format(settings=lines, port=port) + body)
    return rules


def replace_file(path: Path, text: str) -> None:
    """Puts a text in place of a file in one step, as careful editors do."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)


def command(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs `qpsmtpd …` to its end, in this process, where the grammar is loaded already."""
    args, out, err = [str(word) for word in words], io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(args)
    return subprocess.CompletedProcess(args, code, out.getvalue(), err.getvalue())


def process(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs `qpsmtpd …` to its end in a process of its own, as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "qpsmtpd", *map(str, words)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class RunningService:
    """`qpsmtpd serve`, started in a folder; a context manager that stops it."""

    def __init__(self, folder: Path, *words: str, under: Sequence[str] = ()) -> None:
        """Starts the service and waits until it listens; `under` is a command that runs it, and leaves it its process id."""
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*under, sys.executable, "-m", "qpsmtpd", "serve", *(words or ("rules.q",))],
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.greeting = self.process.stdout.readline()
        found = re.search(r"listens on 127\.0\.0\.1:(\d+)", self.greeting)
        assert found, f"it did not start: {self.log.read_text()}"
        self.port = int(found[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example", timeout=PATIENCE)

    def send(self, text: str = "Subject: hello\r\n\r\nhello\r\n", to: str = "me@example.org") -> None:
        """One message, answered 250. Raises smtplib.SMTPException otherwise."""
        with self.client() as client:
            client.sendmail("you@example.net", [to], text)

    def status(self) -> dict[str, Any]:
        return ask(self.state, {"do": "status"})

    def until(self, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first status that meets a condition."""
        for _ in range(20_000):
            if met(status := self.status()):
                return status
        raise AssertionError(f"it never came to that: {status}")

    def records(self) -> list[dict[str, Any]]:
        """The log so far."""
        lines = self.log.read_text("ascii").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def messages(self, name: str = "Maildir") -> list[mailbox.MaildirMessage]:
        return list(mailbox.Maildir(self.folder / name, create=False)) if (self.folder / name).is_dir() else []

    def memory(self) -> int:
        """Octets of memory that the process has in use."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
