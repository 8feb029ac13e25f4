"""A real Postfix (Debian package `postfix`) of one's own: configuration, queue and mailbox in a temporary folder.

For tests and examples. All mail for example.org goes into one Maildir; other mail bounces, and nothing leaves the
machine. It must be started by root, as every Postfix, and listens on the loopback alone. That it is not installed is a
failure, never a skip.
"""

from __future__ import annotations

import contextlib
import mailbox
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

DOMAIN = "example.org"
PATIENCE = 30.0
"""Seconds that Postfix may take for what a test waits for."""
QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")

_MASTER = Path("/usr/lib/postfix/sbin/master")
_FOLDERS = (*QUEUES, "bounce", "defer", "flush", "trace", "saved", "private", "public", "pid")

_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = postfix.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
alias_maps =
default_transport = error:no mail leaves this machine
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {home}
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = reject_unauth_destination
"""

_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix       n - n 60    1 pickup
cleanup   unix       n - n -     0 cleanup
127.0.0.1:{cleanup_port} inet n - n - 0 cleanup
qmgr      unix       n - n 300   1 qmgr
rewrite   unix       - - n -     - trivial-rewrite
bounce    unix       - - n -     0 bounce
defer     unix       - - n -     0 bounce
trace     unix       - - n -     0 bounce
verify    unix       - - n -     1 verify
flush     unix       n - n 1000? 0 flush
proxymap  unix       - - n -     - proxymap
showq     unix       n - n -     - showq
error     unix       - - n -     - error
retry     unix       - - n -     - error
virtual   unix       - n n -     - virtual
anvil     unix       - - n -     1 anvil
postlog   unix-dgram n - n -     1 postlogd
"""


class Postfix:
    """One instance; it may be stopped, killed and started again as often as a test wants."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        """Lays it out in a folder, which may have a `queue` already; `settings` come on top of its own."""
        self.home = home
        self.config = home / "config"
        self.queue = home / "queue"
        self.socket = self.queue / "public" / "cleanup"
        self.port = free_port()
        """Its SMTP port."""
        self.cleanup_port = free_port()
        """The port at which its cleanup service listens, too."""
        self._lay_out()
        owner = pwd.getpwnam("nobody")
        written = _SETTINGS.format(home=home, domain=DOMAIN, uid=owner.pw_uid, gid=owner.pw_gid)
        more = "".join(f"{name} = {value}\n" for name, value in (settings or {}).items())
        (self.config / "main.cf").write_text(written + more)
        (self.config / "master.cf").write_text(_SERVICES.format(port=self.port, cleanup_port=self.cleanup_port))

    def _lay_out(self) -> None:
        self.home.chmod(0o755)
        for folder in (self.config, self.home / "data", self.queue):
            folder.mkdir(mode=0o755, exist_ok=True)
        for name in _FOLDERS:
            (self.queue / name).mkdir(mode=0o755 if name == "pid" else 0o700, exist_ok=True)
        postfix = pwd.getpwnam("postfix")
        for folder in (self.home / "data", *(self.queue / name for name in _FOLDERS if name != "pid")):
            os.chown(folder, postfix.pw_uid, -1)
        for folder in (self.home / "mail", *(self.home / "mail" / name for name in ("new", "cur", "tmp"))):
            folder.mkdir(mode=0o755)
            shutil.chown(folder, "nobody")

    @property
    def master(self) -> int:
        """The process id of its first process; 0 when it does not run."""
        try:
            number = int((self.queue / "pid" / "master.pid").read_text())
            os.kill(number, 0)
        except (OSError, ValueError):
            return 0
        return number

    def start(self) -> None:
        """Starts it; comes back when it listens."""
        assert _MASTER.exists(), "postfix is missing: install the Debian package postfix"
        done = subprocess.run([_MASTER, "-c", self.config, "-w"], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and self.master, f"Postfix does not start: {done.stderr}{self.log()}"

    def stop(self) -> None:
        """Ends it, as `postfix stop` does; comes back when all its processes are gone."""
        if master := self.master:
            os.killpg(master, signal.SIGTERM)
            self.until(lambda: not self.processes(), "it ended")

    def kill(self) -> None:
        """Kills all its processes at once, so that none of them can tidy up."""
        if master := self.master:
            os.killpg(master, signal.SIGKILL)
            self.until(lambda: not self.processes(), "it was killed")

    def processes(self, name: str = "") -> list[int]:
        """The process ids of its running programs, or of those with a name like `cleanup`."""
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdecimal() and (folder / "cwd").readlink() == self.queue.resolve():
                    program = (folder / "comm").read_text().strip()
                    state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z" and name in ("", program):
                        found.append(int(folder.name))
        return found

    def log(self) -> str:
        """What it has logged."""
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def queued(self) -> list[str]:
        """The queue ids of the messages that it holds whole; what a broken delivery has begun is none."""
        while True:
            # in the order in which messages move, so that one on its way is seen; it may be gone a moment later
            with contextlib.suppress(FileNotFoundError):
                files = [file for queue in QUEUES for file in (self.queue / queue).rglob("*")]
                # a finished queue file is executable: that is how Postfix marks it
                return sorted({f.name for f in files if (mode := f.stat().st_mode) & 0o100 and stat.S_ISREG(mode)})

    def mail(self) -> list[mailbox.MaildirMessage]:
        """The messages that have come into the mailbox."""
        return list(mailbox.Maildir(self.home / "mail", create=False))

    def empty(self) -> None:
        """Throws away all mail that it has, when nothing is on its way any more."""
        self.until(lambda: {self.queue_of(name) for name in self.queued()} <= {"hold"}, "all is delivered")
        for file in (*(self.queue / "hold").iterdir(), *(self.home / "mail").glob("*/*")):
            file.unlink()

    def queue_of(self, queue_id: str) -> str:
        """The queue in which a message is; empty when it is in none."""
        return next((queue for queue in QUEUES for _ in (self.queue / queue).rglob(queue_id)), "")

    def until(self, met: Callable[[], object], what: str) -> None:
        """Comes back when a condition is met; fails when that takes too long."""
        end = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < end, f"Postfix: not within {PATIENCE:g} s: {what}\n{self.log()}"
            os.sched_yield()

    def until_mail(self, number: int = 1) -> list[mailbox.MaildirMessage]:
        """The messages in the mailbox, when so many are there and none is on its way."""
        self.until(lambda: len(self.mail()) >= number and not self.queued(), f"{number} messages in the mailbox")
        return self.mail()


def free_port() -> int:
    """A port of the loopback that nobody has just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.bind(("127.0.0.1", 0))
        port: int = stream.getsockname()[1]
        return port


@contextlib.contextmanager
def running_postfix(settings: Mapping[str, str] | None = None) -> Iterator[Postfix]:
    """A started Postfix with these settings besides its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="postfix-") as folder:
        postfix = Postfix(Path(folder), settings)
        postfix.start()
        try:
            yield postfix
        finally:
            postfix.kill()
