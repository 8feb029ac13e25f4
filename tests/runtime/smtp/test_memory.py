"""A message line that never ends takes no memory, measured on a process of its own."""

from __future__ import annotations

import subprocess
import sys

_PLAY = """
import resource, sys
from smtp_dialogue import Talk, coded

talk = Talk()
talk.begin()
block = b"x" * 65536
for _ in range(16):
    talk.send(block)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(int(sys.argv[1]) * 16):
    talk.send(block)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(grown, coded(talk.send(b"\\r\\n.\\r\\n")))
"""


def test_an_endless_line_of_data_takes_no_memory():
    done = subprocess.run(
        [sys.executable, "-c", _PLAY, "100"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    grown, code = done.stdout.split(maxsplit=1)
    assert int(grown) < 2048, f"{grown} KiB"
    assert code.strip() == "550 5.6.0"
