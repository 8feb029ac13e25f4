"""A real clamd (Debian package `clamav-daemon`) with one signature: that of the EICAR test file.

Listens on a Unix socket and on a port of the loopback. That it is not installed is a failure, never a skip.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.started import started

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
"""In parts, so that no virus scanner minds this file."""
NAME = "Eicar.Test.Signature.UNOFFICIAL"
"""What our clamd calls it: signatures that do not come from ClamAV itself get that ending."""
STREAM_LIMIT = 1024 * 1024

_CONFIG = """\
Foreground yes
DatabaseDirectory {folder}/db
TemporaryDirectory {folder}
LocalSocket {folder}/clamd.sock
TCPAddr 127.0.0.1
TCPSocket {port}
StreamMaxLength {limit}
"""


@dataclass(frozen=True)
class Clamd:
    """Where it listens, as rules name it."""

    socket: str
    tcp: str


@contextmanager
def running_clamd(settings: str = "") -> Iterator[Clamd]:
    """A clamd of one's own, with more lines in its configuration, until the block ends."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    assert program, "clamd is missing: install the Debian package clamav-daemon"
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder = Path(name)
        (folder / "db").mkdir()
        (folder / "db" / "eicar.ndb").write_text(f"Eicar.Test.Signature:0:*:{EICAR.hex()}\n")

        def command(port: int) -> list[str]:
            (folder / "clamd.conf").write_text(_CONFIG.format(folder=folder, port=port, limit=STREAM_LIMIT) + settings)
            return [program, "-c", str(folder / "clamd.conf")]

        with started(command, folder / "log", folder / "clamd.sock") as port:
            yield Clamd(f"{folder}/clamd.sock", f"127.0.0.1:{port}")
