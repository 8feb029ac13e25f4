"""Starts the daemons and qpsmtpd in a folder, sends messages of each kind, and shows what became of them.

Exits with 0 when every message met the fate that the rules have for it, and with 1 otherwise.
"""

from __future__ import annotations

import contextlib
import email.utils
import os
import shutil
import smtplib
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import daemons

HERE = Path(__file__).resolve().parent
PORT = int(os.environ.get("PORT", "2525"))
SENDER, RECIPIENT = "alice@example.net", "bob@example.org"


@dataclass(frozen=True)
class Fate:
    """What was sent, and the answer that ended it."""

    what: str
    wanted: str
    answer: str

    @property
    def right(self) -> bool:
        return self.answer.startswith(self.wanted)


def message(text: str, *, subject: str, header: bool = True) -> bytes:
    fields = [f"Subject: {subject}"]
    if header:
        fields += [
            f"From: {SENDER}",
            f"To: {RECIPIENT}",
            f"Date: {email.utils.formatdate()}",
            f"Message-ID: {email.utils.make_msgid()}",
        ]
    return ("\r\n".join(fields) + f"\r\n\r\n{text}\r\n").encode()


def sent(content: bytes, recipient: str = RECIPIENT) -> str:
    """The answer to a message: the first one that refuses, or the one to its end."""
    with contextlib.suppress(smtplib.SMTPServerDisconnected), smtplib.SMTP("127.0.0.1", PORT, timeout=60) as client:
        client.ehlo("client.example.net")
        steps = (lambda: client.mail(SENDER), lambda: client.rcpt(recipient), lambda: client.data(content))
        for step in steps:
            try:
                code, text = step()
            except smtplib.SMTPDataError as refused:
                code, text = refused.smtp_code, refused.smtp_error
            if code >= 400:
                break
        return f"{code} {text.decode()}"
    return "closed"


def talked_early() -> str:
    """The answer to a client that speaks before it is greeted."""
    with socket.create_connection(("127.0.0.1", PORT), 60) as client:
        client.sendall(b"EHLO client.example.net\r\n")
        return client.makefile("rb").readline().decode().strip()


def shouted() -> str:
    """The answer to the last of too many commands that do not exist."""
    with socket.create_connection(("127.0.0.1", PORT), 60) as client:
        lines = client.makefile("rb")
        lines.readline()
        for _ in range(4):
            client.sendall(b"WIBBLE\r\n")
            answer = lines.readline()
        return answer.decode().strip()


def fates() -> Iterator[Fate]:
    clean = message("Shall we have lunch on Friday?", subject="lunch")
    yield Fate("a client that talks before the greeting", "554 5.5.4", talked_early())
    yield Fate("a clean message, first attempt", "450 4.7.1", sent(clean))
    time.sleep(4)  # longer than the delay in the rules, as a mail server would wait before it tries again
    yield Fate("the same message, second attempt", "250", sent(clean))
    yield Fate("a relay attempt", "550 5.7.1", sent(clean, "somebody@elsewhere.example"))
    yield Fate("a message to nobody", "550 5.1.1", sent(clean, "nobody@example.org"))
    yield Fate("a message with a virus (EICAR)", "550 5.7.1", sent(message(daemons.EICAR, subject="see attachment")))
    yield Fate("spam (GTUBE)", "550 5.7.1", sent(message(daemons.GTUBE, subject="buy now")))
    yield Fate("a message without From and Date", "550 5.6.0", sent(message("Hello", subject="hello", header=False)))
    yield Fate("four commands that do not exist", "521", shouted())


@contextlib.contextmanager
def qpsmtpd(folder: Path, sockets: dict[str, Path]) -> Iterator[None]:
    """The service, with the rules beside this file: only sockets, port and the delay of greylisting are other ones."""
    rules = (HERE / "rules.q").read_text()
    for here, there in {
        '["0.0.0.0:25", "[::]:25"]': f'"127.0.0.1:{PORT}"',
        "delay = 5m": "delay = 3s",
        "/run/clamav/clamd.ctl": str(sockets["clamd"]),
        "127.0.0.1:783": str(sockets["spamd"]),
        "/var/spool/postfix/public/cleanup": str(sockets["postfix"]),
    }.items():
        assert here in rules, here
        rules = rules.replace(here, there)
    (folder / "rules.q").write_text(rules)
    for name in ("rcpthosts", "users"):
        shutil.copy(HERE / name, folder)
    command = [sys.executable, "-m", "qpsmtpd", "serve", folder / "rules.q"]
    with daemons.running(command, folder / "qpsmtpd.out") as process:
        daemons.wait_for(lambda: _greets() or process.poll() is not None, "qpsmtpd does not answer")
        if process.poll() is not None:
            raise SystemExit((folder / "qpsmtpd.out").read_text())
        yield


def _greets() -> bool:
    try:
        socket.create_connection(("127.0.0.1", PORT), 1).close()
    except OSError:
        return False
    return True


def delivered(folder: Path) -> list[Path]:
    """What is in the mailbox behind Postfix."""
    return [*(folder / "postfix" / "Maildir" / "new").glob("*")]


def main() -> int:
    with contextlib.ExitStack() as stack:
        given = sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(tempfile.TemporaryDirectory(prefix="classic-mx-"))
        folder = Path(given).absolute()
        folder.mkdir(exist_ok=True)
        if [*folder.iterdir()]:
            raise SystemExit(f"{folder} is not empty: name a new folder")
        if _greets():
            raise SystemExit(f"something listens on port {PORT} already: choose another one, as in PORT=2526 {HERE}/run")
        folder.chmod(0o755)  # Postfix and spamd run as users of their own
        sockets: dict[str, Path] = {}
        for daemon in (daemons.clamd, daemons.spamd, daemons.postfix):
            print(f"starting {daemon.__name__}", file=sys.stderr)
            sockets[daemon.__name__] = stack.enter_context(daemon(folder / daemon.__name__))
        print("starting qpsmtpd\n", file=sys.stderr)
        stack.enter_context(qpsmtpd(folder, sockets))
        right = [told(fate) for fate in fates()]
        daemons.wait_for(lambda: delivered(folder), "the clean message has not come through Postfix", 20)
        arrived = delivered(folder)
        print("\nIn the mailbox behind Postfix:\n")
        for path in arrived:
            print("    " + "\n    ".join(path.read_text().splitlines()))
        return 0 if len(arrived) == 1 and all(right) else 1


def told(fate: Fate) -> bool:
    print(f"{'ok' if fate.right else 'WRONG':6}{fate.what:42}{fate.answer}", flush=True)
    return fate.right


if __name__ == "__main__":
    sys.exit(main())
