"""All rules that the repository holds, wherever they stand: files, pages, docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meta.checkout import ROOT, documents, shown
from meta.markdown_page import fences
from meta.rules_text import examples_of
from qpsmtpd.stdlib import catalogue


class RulesText(NamedTuple):
    """Where it stands, and the rules. Among them are those that show mistakes."""

    place: str
    text: str


def every_rules_text() -> Iterator[RulesText]:
    """Every .q file, every block of rules on a page, the examples of every function."""
    for folder in sorted(path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for path in sorted(folder.rglob("*.q")):
            yield RulesText(shown(path), path.read_text("utf-8"))
    for page in (*documents(), *sorted((ROOT / "dsl").rglob("*.md"))):
        for fence in fences(page):
            if fence.words[:1] == ["q"]:
                yield RulesText(f"{shown(page)}:{fence.line}", fence.text)
    for name, function in catalogue().items():
        yield RulesText(f"{name}()", examples_of(function.doc))
