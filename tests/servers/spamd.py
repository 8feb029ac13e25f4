"""A real spamd (Debian packages `spamassassin`, `spamd`) with Debian's rules and two more, which asks nobody: no network tests.

Listens on a Unix socket and on a port of the loopback. Starting it takes seconds, so tests share one. That it is not
installed is a failure, never a skip.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.started import started

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What every SpamAssassin gives 1000 points."""
THREE, MINUS = "Take three points for this", "Take two points off for this"
"""Words in a message for which this one gives 3 and -2 points."""
STRICT = "strict.user@example.org"
"""A user of this spamd, for whom everything from 1 point on is spam."""

_SITE = f"""\
use_bayes 0
report_safe 0
required_score 5
body THREE_POINTS /{THREE}/
score THREE_POINTS 3
body MINUS_TWO /{MINUS}/
score MINUS_TWO -2
tflags MINUS_TWO nice
add_header all Site of the tests
"""
_USER_RULES = "required_score 1\n"


@dataclass(frozen=True)
class Spamd:
    """Where it listens, as rules name it."""

    socket: str
    tcp: str


@contextmanager
def running_spamd() -> Iterator[Spamd]:
    """A spamd of one's own, until the block ends."""
    program = shutil.which("spamd") or shutil.which("spamd", path="/usr/sbin")
    assert program, "spamd is missing: install the Debian packages spamassassin and spamd"
    with tempfile.TemporaryDirectory(prefix="spamd-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # root's spamd becomes somebody else
        (folder / "site").mkdir()
        (folder / "site" / "local.cf").write_text(_SITE)
        for rules in Path("/etc/spamassassin").glob("*.pre"):
            shutil.copy(rules, folder / "site")
        (folder / "users" / STRICT).mkdir(parents=True)
        (folder / "users" / STRICT / "user_prefs").write_text(_USER_RULES)
        options = [
            "--local",
            "--nouser-config",
            f"--virtual-config-dir={folder}/users/%u",
            f"--siteconfigpath={folder}/site",
            f"--socketpath={folder}/spamd.sock",
            "--syslog=stderr",
            "--min-children=1",
            "--max-children=3",
            *(["--username=nobody"] if os.getuid() == 0 else []),
        ]

        def command(port: int) -> list[str]:
            return [program, *options, f"--listen=127.0.0.1:{port}"]

        with started(command, folder / "log", folder / "spamd.sock") as port:
            yield Spamd(f"{folder}/spamd.sock", f"127.0.0.1:{port}")
