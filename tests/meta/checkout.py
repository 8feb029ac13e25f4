"""The tree under test: where it lies, and which Python files are whose."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("dsl", "runtime", "stdlib")


def sources() -> list[Path]:
    """Every Python file of the product."""
    return sorted(path for root in SOURCE_ROOTS for path in (ROOT / root).rglob("*.py"))


def suite() -> list[Path]:
    """Every Python file of the tests, the benchmark's included."""
    return sorted((ROOT / "tests").rglob("*.py"))


def shown(path: Path) -> str:
    """A path as messages and test names show it."""
    return path.relative_to(ROOT).as_posix()


def documents() -> Iterator[Path]:
    """Every page that people read."""
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("docs", "examples"):
        yield from sorted((ROOT / folder).rglob("*.md"))


def environment() -> dict[str, str]:
    """An environment in which a child finds this checkout's code, and prints no colour."""
    roots = os.pathsep.join(str(ROOT / root) for root in SOURCE_ROOTS)
    return {**os.environ, "PYTHONPATH": roots, "NO_COLOR": "1", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
