"""Whole rules files, compiled with the real library and run by the real SMTP engine, without sockets."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qpsmtpd.dsl.compile import Compiled, compile_rules
from qpsmtpd.dsl.diagnostics.render import render_text
from qpsmtpd.runtime.service.library import surroundings
from qpsmtpd.runtime.smtp.machine import Machine
from qpsmtpd.runtime.smtp.session import Session
from qpsmtpd.runtime.smtp.setup import set_up
from qpsmtpd.stdlib import catalogue
from smtp_dialogue import Loopback, Records, Talk, lent

FILES = {"rcpthosts": "example.org\n.example.org\n", "relayclients": "192.0.2.0/24\n"}
GATE = "on rcpt: unless rcpthosts(domain) deny\n"
DELIVERY = 'on queue: maildir("Maildir")\n'


def compiled(text: str, files: Mapping[str, str | bytes] | None = None) -> Compiled:
    """A text as the main rules file of `/etc/q`, with data files beside it that exist only here."""
    present = {**FILES, **(files or {}), "rules.q": text}

    def read(name: str) -> bytes:
        if name.startswith(surroundings().shipped):
            return Path(name).read_bytes()
        content = present.get(name.removeprefix("/etc/q/"))
        if content is None:
            raise FileNotFoundError(2, "No such file or directory", name)
        return content if isinstance(content, bytes) else content.encode()

    return compile_rules("rules.q", catalogue(), read, "/etc/q", around=surroundings())


def told(text: str, files: Mapping[str, str | bytes] | None = None) -> list[str]:
    """The codes of the errors and warnings, in order."""
    return [f.code for f in compiled(text, files).findings.sorted() if f.severity != "note"]


class Served(Talk):
    """One connection to a service with these rules; the text gets the usual gate and delivery behind it."""

    def __init__(self, text: str, *, gate: str = GATE, delivery: str = DELIVERY, ip: str = "203.0.113.9") -> None:
        made = compiled(text + "\n" + gate + delivery)
        assert made.program is not None, render_text(made.findings)
        listener = made.program.listeners[0]
        self.journal = Records()
        services = lent(self.journal, Path(tempfile.gettempdir()))
        self.session = Session(Loopback(), (ip, 4711), listener.name, services)
        self.machine = Machine(set_up(listener, made.program.server, services), self.session)
        self.machine.start()
        self.greeting = self.read()

    @property
    def logged(self) -> list[Any]:
        """What `log(…)` has written, and the tracebacks of what broke."""
        return [record.get("text", record.get("traceback")) for record in self.journal.all if record["event"] != "disconnect"]
