"""The type checker and the linter find nothing."""

from __future__ import annotations

import subprocess
import sys

from meta.checkout import ROOT, environment


def _tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )


def test_mypy_strict_is_content_with_the_product():
    done = _tool("mypy")
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing_anywhere():
    done = _tool("ruff", "check", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_formatted_by_ruff():
    done = _tool("ruff", "format", "--check", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
