"""The work folder of the benchmark: where everything lies that is installed, configured or written by it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
FOLDER = Path(os.environ.get("BENCH_DIR") or Path(tempfile.gettempdir()) / "qpsmtpd-bench")
RUN = FOLDER / "run"
LOAD_CLIENT = FOLDER / "smtpload"
HARAKA = FOLDER / "haraka" / "node_modules" / "Haraka"
PYTHON = FOLDER / f"venv-{sys.version_info.major}.{sys.version_info.minor}" / "bin" / "python"
SMTP_SINK = Path("/usr/sbin/smtp-sink")
SMTP_SOURCE = Path("/usr/sbin/smtp-source")

DOMAIN = "bench.local"
ADDRESS = f"bench@{DOMAIN}"


def environment() -> dict[str, str]:
    """Our environment without what the start script added for itself."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def for_language() -> dict[str, str]:
    """The environment in which the language is measured: with the programs of the benchmark, and compiled modules kept as installed ones are."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(HERE.parent), "PYTHONPYCACHEPREFIX": str(FOLDER / "pycache")}
