"""The registry of diagnostic codes: read from the pages, one page a code, so no list is kept by hand.

The first line of `pages/Q501.md` reads `# Q501 error: This lets strangers relay`. Codes are permanent: a page may be
rewritten, never renumbered.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HEAD = re.compile(r"# (Q\d{3}) (error|warning|note): (.+)")


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic code: its severity, its title, and its page (Markdown)."""

    name: str
    severity: str
    title: str
    page: str


@functools.cache
def codes() -> Mapping[str, Code]:
    """Every code, in order. Raises ValueError for a page without a proper first line."""
    found = {}
    for page in sorted((Path(__file__).parent / "pages").glob("*.md")):
        text = page.read_text("utf-8")
        head = _HEAD.match(text)
        if head is None or page.stem != head[1]:
            raise ValueError(f"{page.name}: its first line must be '# {page.stem} error: title'")
        found[head[1]] = Code(head[1], head[2], head[3].strip(), text)
    return found


def severity(code: str) -> str:
    """The severity of a code. Raises KeyError for one without a page."""
    return codes()[code].severity
