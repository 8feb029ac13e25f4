"""The classic line-up in `examples/classic-mx`, between a client and Debian's clamd, spamd and Postfix: each message meets its fate."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from meta.checkout import ROOT, environment

RUN = ROOT / "examples" / "classic-mx" / "run"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The command of the example's README, run in a folder."""
    folder = tmp_path_factory.mktemp("mx")
    for above in (folder, *folder.parents):
        if above.owner() == "root" and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)  # Postfix goes through it as a user of its own
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = f"{os.environ['PATH']}:/usr/sbin"
    surroundings = {**environment(), "PATH": path, "PORT": str(port), "PYTHON": sys.executable}
    return subprocess.run([RUN, folder], env=surroundings, capture_output=True, text=True, timeout=120, check=False)


def test_every_message_of_the_example_meets_the_fate_that_the_rules_have_for_it(shown: subprocess.CompletedProcess[str]) -> None:
    fates = re.findall(r"^(ok|WRONG) +", shown.stdout, re.MULTILINE)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert fates == ["ok"] * 9


def test_the_clean_message_arrives_with_the_trace_of_its_way(shown: subprocess.CompletedProcess[str]) -> None:
    arrived = shown.stdout.partition("In the mailbox behind Postfix:")[2]
    assert "Subject: lunch" in arrived
    assert re.search(r"Received: from client\.example\.net \(\[127\.0\.0\.1\]\)\s+by mx\.example\.org with ESMTP", arrived)
    assert re.search(r"X-Spam-Status: No, score=", arrived)
    assert "X-Virus-Found: No" in arrived


def test_the_page_of_the_example_shows_what_the_command_says(shown: subprocess.CompletedProcess[str]) -> None:
    page = (RUN.parent / "README.md").read_text()
    for line in (line for line in shown.stdout.splitlines() if line.startswith("ok ")):
        before = line.partition("<")[0] if "Queued" in line else line
        assert before in page
