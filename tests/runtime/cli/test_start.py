"""The command line starts quickly: it loads nothing that a command does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from meta.checkout import environment
from running_service import write_rules

SLOW = {"aiosmtpd", "asyncio", "dns", "idna", "jinja2", "lark", "logging", "ssl"}
"""Modules that take long to load, and that only a service, a template or a maker of tables needs."""

_RUN = "import sys; from qpsmtpd.runtime.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"


@pytest.mark.parametrize("words", [("--help",), ("check", "rules.q"), ("explain", "Q501")], ids=lambda words: words[0])
def test_a_command_that_serves_nobody_loads_no_service(words, tmp_path):
    write_rules(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *words], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout
    assert SLOW & set(done.stderr.split()) == set()
