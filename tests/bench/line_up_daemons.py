"""The daemons that the servers of the line-up share: clamd, spamd, knotd, and the Redis that Haraka's greylisting keeps its state in.

All run in the private network and the private file system of the measurement, see line_up.py. Their CPU is nobody's.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import place
from bench.servers import NAMESERVER, Fleet

NETWORK = "198.18.0.0/15"
"""The network that is set aside for benchmarks; to Haraka it is as good as any other."""
CLIENT = "198.18.0.1"
"""The address of the client, and the one that it calls."""
LISTED = "198.18.0.2"
"""The address of a client that the DNS list has."""
ZONE = "dnsbl.bench.example"
CLAMD = Path("/mnt/clamd.sock")
SPAMD = Path("/mnt/spamd.sock")
"""In a temporary file system of their own: qpsmtpd takes no `-` in the path of clamd's socket."""
_REDIS = 6379

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-" + "TEST-FILE!$H+H*"
"""In parts, so that no virus scanner minds this file."""
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What spamd gives 1000 points."""

_CLAMD = """\
Foreground yes
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
LocalSocket {socket}
LocalSocketMode 666
"""
_SPAMD = """\
util_rb_tld example
use_bayes 0
report_safe 0
body GTUBE /XJS\\*C4JDBQADN1\\.NSBN3\\*2IDNEN\\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\\*C\\.34X/
score GTUBE 1000
header NO_SUBJECT Subject !~ /\\S/
score NO_SUBJECT 1
add_header all Status "_YESNO_, score=_SCORE_ required=_REQD_ tests=_TESTS_ autolearn=_AUTOLEARN_ version=_VERSION_"
"""
"""A few rules: with all of Debian's, spamd takes so long that little else could be measured."""
_KNOT = """\
server:
    listen: {address}@53
    rundir: {folder}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {folder}
log:
  - target: stderr
    any: warning
zone:
  - domain: .
    file: {folder}/root.zone
"""


def _backwards(address: str) -> str:
    return ".".join(reversed(address.split(".")))


_ROOT = f"""\
$TTL 600
. SOA localhost. postmaster.localhost. 1 3600 600 86400 600
. NS localhost.
localhost. A 127.0.0.1
{_backwards("127.0.0.1")}.in-addr.arpa. PTR localhost.
{_backwards(CLIENT)}.in-addr.arpa. PTR client.bench.example.
{_backwards(LISTED)}.in-addr.arpa. PTR listed.bench.example.
client.bench.example. A {CLIENT}
listed.bench.example. A {LISTED}
{_backwards(LISTED)}.{ZONE}. A 127.0.0.2
{_backwards(LISTED)}.{ZONE}. TXT "Listed, see https://{ZONE}/"
"""
"""All names there are: anything else does not exist, at once."""


def name_server() -> Sequence[str | Path]:
    """Writes knotd's configuration and returns its command."""
    folder = _made("knotd")
    (folder / "root.zone").write_text(_ROOT)
    (folder / "knot.conf").write_text(_KNOT.format(address=NAMESERVER, folder=folder))
    return [_program("knotd"), "-c", folder / "knot.conf"]


def start(fleet: Fleet) -> None:
    """Starts clamd, spamd and Redis. Raises DidNotStart."""
    fleet.start_daemon("clamd", _clamd(_made("clamd")), _answers(str(CLAMD)))
    fleet.start_daemon("spamd", _spamd(_made("spamd")), _answers(str(SPAMD)))
    # nothing is kept on disk: what Haraka's greylisting knows need not outlive the run
    redis = [_program("redis-server"), "--port", str(_REDIS), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    fleet.start_daemon("redis", redis, _answers(("127.0.0.1", _REDIS)))


def _clamd(folder: Path) -> Sequence[str | Path]:
    """With one signature."""
    (folder / "signatures").mkdir(exist_ok=True)
    (folder / "signatures" / "eicar.ndb").write_text(f"Eicar.Test.Signature:0:*:{EICAR.encode().hex()}\n")
    (folder / "clamd.conf").write_text(_CLAMD.format(folder=folder, socket=CLAMD))
    return [_program("clamd"), "-c", folder / "clamd.conf"]


def _spamd(folder: Path) -> Sequence[str | Path]:
    """With a few rules, and without tests that ask the network."""
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    (rules / "few.pre").write_text("loadplugin Mail::SpamAssassin::Plugin::Check\n")
    (rules / "few.cf").write_text(_SPAMD)
    return [
        _program("spamd"),
        "--local",
        "--nouser-config",
        "--username=nobody",
        f"--configpath={rules}",
        f"--siteconfigpath={rules}",
        f"--socketpath={SPAMD}",
        "--socketmode=0666",
        "--syslog=stderr",
        "--min-children=2",
        "--max-children=2",
    ]


def _made(name: str) -> Path:
    folder = place.RUN / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found, f"{name} is not installed"
    return found


def _answers(address: str | tuple[str, int]) -> Callable[[], bool]:
    """A test whether something takes connections there."""

    def answers() -> bool:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with socket.socket(family) as client:
            return client.connect_ex(address) == 0

    return answers
