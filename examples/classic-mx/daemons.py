"""Debian's clamd, spamd and Postfix, each with a configuration of its own in one folder, and reachable on this machine only."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless text that every virus scanner must find (eicar.org)."""
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""The text to which SpamAssassin gives 1000 points (spamassassin.apache.org/gtube)."""
_PATIENCE = 60.0

_CLAMD = """\
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
Foreground yes
"""
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = /
inet_interfaces = loopback-only
myhostname = mail.example.org
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:Maildir/
virtual_mailbox_base = {folder}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
_MASTER = """\
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
virtual   unix  -  n  n  -     -  virtual
postlog   unix-dgram n - n -   1  postlogd
"""


@contextlib.contextmanager
def clamd(folder: Path) -> Iterator[Path]:
    """ClamAV's daemon, which knows EICAR and nothing else; its socket."""
    signatures = folder / "signatures"
    signatures.mkdir(parents=True)
    (signatures / "own.ndb").write_text(f"Eicar-Test-Signature:0:0:{EICAR.encode().hex()}\n")
    (folder / "clamd.conf").write_text(_CLAMD.format(folder=folder))
    with running(["clamd", f"--config-file={folder}/clamd.conf"], folder / "clamd.out"):
        yield listening(folder / "clamd.sock")


@contextlib.contextmanager
def spamd(folder: Path) -> Iterator[Path]:
    """SpamAssassin's daemon with the rules of its package, without network tests; its socket."""
    folder.mkdir(parents=True)
    words = ["spamd", "--local", "--syslog=stderr", "--max-children=2", "--nouser-config", "--username=nobody"]
    with running([*words, f"--socketpath={folder}/spamd.sock", "--socketmode=0666"], folder / "spamd.out"):
        yield listening(folder / "spamd.sock")


@contextlib.contextmanager
def postfix(folder: Path) -> Iterator[Path]:
    """Postfix without a port: mail comes in by the socket of its cleanup server, and goes into `folder/Maildir`; the socket."""
    for name in ("queue", "data", "Maildir"):
        (folder / name).mkdir(parents=True)
    owner = pwd.getpwnam("postfix")
    for name in ("data", "Maildir"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    (folder / "main.cf").write_text(_MAIN.format(folder=folder, uid=owner.pw_uid, gid=owner.pw_gid))
    (folder / "master.cf").write_text(_MASTER)
    with running(["postfix", "-c", str(folder), "start-fg"], folder / "postfix.out", stop=["postfix", "-c", str(folder), "stop"]):
        yield listening(folder / "queue" / "public" / "cleanup")


@contextlib.contextmanager
def running(command: Sequence[str | Path], output: Path, stop: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the block ends, in a process group of its own; what it says is in `output`."""
    with output.open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        if stop:
            subprocess.run(stop, check=False, capture_output=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def listening(path: Path) -> Path:
    """The socket at `path`, as soon as somebody listens there."""
    wait_for(lambda: _listens(path), f"nobody listens at {path}; see the files beside it")
    return path


def _listens(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    except OSError:
        return False
    return True


def wait_for(done: Callable[[], object], otherwise: str, patience: float = _PATIENCE) -> None:
    """Returns when `done()` is true; ends the program with what is wrong when it takes too long."""
    until = time.monotonic() + patience
    while not done():
        if time.monotonic() > until:
            raise SystemExit(otherwise)
        time.sleep(0.05)
