"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from meta.checkout import ROOT, SOURCE_ROOTS, environment, shown, sources


def test_the_contracts_of_the_import_linter_hold():
    linter = Path(sys.executable).parent / "lint-imports"
    assert linter.exists(), "import-linter is not installed beside this Python"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_portion_of_the_namespace_has_an_init_file():
    claimed = [shown(ROOT / root / "qpsmtpd" / "__init__.py") for root in SOURCE_ROOTS]
    assert [path for path in claimed if (ROOT / path).exists()] == []


def test_only_the_adapter_imports_aiosmtpd():
    knowing = {shown(path) for path in sources() if "aiosmtpd" in _imported(path)}
    assert knowing <= {"runtime/qpsmtpd/runtime/smtp/adapter.py"}


def test_the_language_knows_no_socket_and_no_event_loop():
    forbidden = {"asyncio", "socket", "aiosmtpd", "ssl"}
    faulty = {shown(path) for path in (ROOT / "dsl").rglob("*.py") if _imported(path) & forbidden}
    assert faulty == set()


def _imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names
