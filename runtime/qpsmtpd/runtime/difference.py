"""Shows how a file would change, in the form that `patch` reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterator


def difference(name: str, before: str, after: str) -> Iterator[str]:
    """The lines of a unified diff, each with its end. Lines end at LF alone, as they are counted everywhere here."""
    for line in difflib.unified_diff(_ended(before), _ended(after), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _ended(text: str) -> list[str]:
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])
