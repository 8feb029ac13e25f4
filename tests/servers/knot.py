"""A real name server (knotd, Debian package `knot`) on a port of the loopback, with a zone made for tests.

Imported as a fixture by the conftest files of tests that ask it. That it is not installed is a failure, never a skip.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_CONFIG = """\
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {folder}
log:
  - target: stderr
    any: info
zone:
  - domain: test
    file: {folder}/test.zone
  - domain: 127.in-addr.arpa
    file: {folder}/reverse.zone
"""

_HEAD = """\
$TTL 600
@ SOA ns.test. postmaster.test. 1 3600 600 86400 77
@ NS ns.test.
"""

_SIX = "2.0.0.0." + "0.0.0.0." * 5 + "8.b.d.0.1.0.0.2"

_ZONE = f"""{_HEAD}
ns              A     127.0.0.1
www             A     192.0.2.10
www             A     192.0.2.11
www             AAAA  2001:DB8::10
alias           CNAME Www.Test.
dangling        CNAME nowhere.test.
loop            CNAME pool
pool            CNAME loop
mail            MX    10 Mx1.Test.
mail            MX    20 mx2.test.
brief       1   A     192.0.2.12
text            TXT   "one " "string" "; \\"quoted\\""
2.0.0.127.zen   A     127.0.0.2
2.0.0.127.zen   A     127.0.0.4
2.0.0.127.zen   TXT   "Listed; see https://zen.test/127.0.0.2"
66.0.0.127.zen  A     127.255.255.254
{_SIX}.zen      A     127.0.0.3
""" + "".join(f'big TXT "{number:03} {"x" * 200}"\n' for number in range(100))

_REVERSE = f"""{_HEAD}
9.0.0           PTR   Nine.Test.
"""


@pytest.fixture(scope="session")
def name_server() -> Iterator[str]:
    """`ADDRESS:PORT` of a running server that knows `test.` and `127.in-addr.arpa.`, and refuses all else."""
    with tempfile.TemporaryDirectory(prefix="knot-") as folder:
        (Path(folder) / "test.zone").write_text(_ZONE)
        (Path(folder) / "reverse.zone").write_text(_REVERSE)
        process, port = _started(Path(folder))
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate()


def _started(folder: Path) -> tuple[subprocess.Popen[str], int]:
    program = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
    assert program, "knotd is missing: install the Debian package knot"
    said = ""
    # a free port may be taken before the server has it
    for _ in range(5):
        port = _free_port()
        (folder / "knot.conf").write_text(_CONFIG.format(port=port, folder=folder))
        process = subprocess.Popen([program, "-c", str(folder / "knot.conf")], stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if "server started" in line:
                return process, port
        process.wait()
    raise AssertionError(f"knotd does not start: {said}")


def _free_port() -> int:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        stream.bind(("127.0.0.1", 0))
        datagrams.bind(stream.getsockname())
        port: int = stream.getsockname()[1]
        return port
