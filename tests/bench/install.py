"""Installs what the benchmark needs and does not find: Debian packages, Haraka, a Python environment, the load client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import place

_PACKAGES = {"smtp-sink": "postfix", "smtp-source": "postfix", "gcc": "gcc", "npm": "npm"}
"""For each program the Debian package that has it."""
_LINE_UP = {
    **_PACKAGES,
    "qpsmtpd-forkserver": "qpsmtpd",
    "clamd": "clamav-daemon",
    "spamassassin": "spamassassin",
    "spamd": "spamd",
    "knotd": "knot",
    "redis-server": "redis-server",
    "ip": "iproute2",
}
_WITH = {"gcc": "libc6-dev", "qpsmtpd": "libnet-ip-perl"}
"""What a package needs for our purposes, and does not ask for: qpsmtpd's greylisting wants Net::IP."""


class Missing(Exception):
    """Something is not there and cannot be installed; the text says what to do."""


def run(command: Sequence[str | Path], cwd: Path | None = None) -> None:
    """Runs a step of the installation; raises Missing with its last lines when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        cwd=cwd,
        env={**place.environment(), "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-5:])
        raise Missing(f"{' '.join(str(word) for word in command)} failed:\n{last}")


def line_up() -> None:
    """Installs what is missing for the line-up. Raises Missing."""
    if os.geteuid() != 0:
        raise Missing("only root may measure the line-up: it takes a network of its own, and qpsmtpd changes its user")
    install(_LINE_UP)


def install(packages: Mapping[str, str] = _PACKAGES) -> None:
    """Installs what is missing for the servers. Raises Missing."""
    place.RUN.mkdir(parents=True, exist_ok=True)
    _debian_packages(packages)
    if not place.HARAKA.exists():
        _haraka()
    python()
    _load_client()


def _debian_packages(packages: Mapping[str, str]) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    missing = sorted({package for tool, package in packages.items() if not shutil.which(tool, path=path)})
    if not missing:
        return
    if os.geteuid() != 0:
        raise Missing(f"Debian packages are missing, and only root may install them: apt-get install {' '.join(missing)}")
    print(f"installing {' '.join(missing)}", file=sys.stderr)
    run(["apt-get", "update", "-qq"])
    if "postfix" in missing:
        # only its test programs are wanted; nothing of it is started
        choice = "postfix postfix/main_mailer_type select No configuration"
        run(["sh", "-c", 'echo "$0" | debconf-set-selections', choice])
    wanted = [*missing, *(_WITH[package] for package in missing if package in _WITH)]
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted])


def _haraka() -> None:
    print("installing Haraka", file=sys.stderr)
    folder = place.FOLDER / "haraka"
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"private": True}))
    run(["npm", "install", "--omit=dev", "--no-audit", "--no-fund", "Haraka@3"], cwd=folder)


def python() -> None:
    """This checkout, and stock aiosmtpd with it, in an environment of the Python that runs this. Raises Missing."""
    place.FOLDER.mkdir(parents=True, exist_ok=True)
    if not place.PYTHON.exists():
        print(f"making {place.PYTHON.parent.parent}", file=sys.stderr)
        run([sys.executable, "-m", "venv", place.PYTHON.parent.parent])
    if not _has_this_checkout():
        print("installing this checkout", file=sys.stderr)
        run([place.PYTHON, "-m", "pip", "install", "-q", "-e", f"{place.CHECKOUT}[uvloop]"])


def _has_this_checkout() -> bool:
    code = "import importlib.util as u, qpsmtpd.runtime, uvloop; print(u.find_spec('qpsmtpd.runtime').origin)"
    asked = subprocess.run(
        [place.PYTHON, "-c", code], env=place.environment(), cwd=place.FOLDER, capture_output=True, check=False, text=True
    )
    return asked.returncode == 0 and asked.stdout.startswith(str(place.CHECKOUT))


def _load_client() -> None:
    source = place.HERE / "smtpload.c"
    if not place.LOAD_CLIENT.exists() or place.LOAD_CLIENT.stat().st_mtime < source.stat().st_mtime:
        run(["gcc", "-O2", "-Wall", "-o", place.LOAD_CLIENT, source])
