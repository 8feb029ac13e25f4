"""The wheel of a clean checkout, installed in an empty environment, is the whole program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meta.checkout import ROOT

_RULES = 'on rcpt: unless rcpthosts(domain) deny\non queue: maildir("Maildir")\n'


def _run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def _must(*words: str | Path, cwd: Path) -> str:
    done = _run(*words, cwd=cwd)
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The `bin` folder of an environment that holds nothing but the wheel and what it depends on."""
    work = tmp_path_factory.mktemp("wheel")
    clean = work / "clean"
    _must("git", "archive", "--output", work / "clean.tar", "HEAD", cwd=ROOT)
    clean.mkdir()
    _must("tar", "-xf", work / "clean.tar", "-C", clean, cwd=ROOT)
    # the build backend is among the tests' own packages, so nothing is fetched for building
    _must(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", work, ".", cwd=clean)
    (wheel,) = work.glob("qpsmtpd-*.whl")
    _must(sys.executable, "-m", "venv", work / "empty", cwd=work)
    _must(work / "empty" / "bin" / "python", "-m", "pip", "install", "-q", wheel, cwd=work)
    return work / "empty" / "bin"


def test_the_installed_command_checks_explains_and_tells_and_has_the_shipped_rules(installed, tmp_path):
    (tmp_path / "rules.q").write_text(f"apply standard/mx(greylist = false)\n{_RULES}")
    (tmp_path / "rcpthosts").write_text("example.org\n")
    version = _must(installed / "qpsmtpd", "--version", cwd=tmp_path)
    assert "0.1.0" in version
    _must(installed / "qpsmtpd", "check", "rules.q", cwd=tmp_path)
    assert "Q501" in _must(installed / "qpsmtpd", "explain", "Q501", cwd=tmp_path)
    assert "rcpthosts(domain: domain" in _must(installed / "qpsmtpd", "doc", "rcpthosts", cwd=tmp_path)
    assert "rules/standard/mx.q" in _must(installed / "qpsmtpd", "doc", "standard/mx", cwd=tmp_path)
    code = "from qpsmtpd.runtime.resources import shipped_rules; print(*shipped_rules(), sep='\\n')"
    shipped = set(_must(installed / "python", "-c", code, cwd=tmp_path).split())
    assert {str(path.relative_to(ROOT / "rules")) for path in (ROOT / "rules").rglob("*.q")} == shipped


def test_the_installed_command_refuses_rules_that_relay(installed, tmp_path):
    (tmp_path / "rules.q").write_text('on queue: maildir("Maildir")\n')
    done = _run(installed / "qpsmtpd", "check", "rules.q", cwd=tmp_path)
    assert done.returncode == 1
    assert "Q501" in done.stdout + done.stderr
