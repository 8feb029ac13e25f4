"""The examples of a code's page: what gives the finding, what does not, and the files that both read.

Knows the form of a page: `## Avoid` and `## Prefer` each with a fenced block marked `q`; fenced blocks marked
`file NAME` anywhere before the blocks' end belong to both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PageExamples:
    """The rules to avoid and those to prefer, with the data files beside them by name."""

    files: Mapping[str, str]
    avoid: str
    prefer: str


def examples(page: str) -> PageExamples:
    """The examples of a page (Markdown); a rule text is empty when the page has none."""
    parts = sections(page)
    files = {kind.removeprefix("file "): body for kind, body in _FENCE.findall(page) if kind.startswith("file ")}
    return PageExamples(files, _rules(parts.get("Avoid", "")), _rules(parts.get("Prefer", "")))


def sections(page: str) -> Mapping[str, str]:
    """The text below each `##` heading."""
    _, *parts = _SECTION.split(page)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _rules(section: str) -> str:
    return next((body for kind, body in _FENCE.findall(section) if kind == "q"), "")
