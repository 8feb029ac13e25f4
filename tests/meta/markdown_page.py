"""The fenced blocks of a Markdown page, in order, each with its info string and what stands before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. `line` counts from 1; `reason` is the text of a comment `<!-- not run: … -->` right before it."""

    info: str
    text: str
    line: int
    reason: str

    @property
    def words(self) -> list[str]:
        return self.info.split()


def fences(page: Path) -> list[Fence]:
    """The fenced blocks of a page."""
    return fences_of(page.read_text("utf-8"))


def fences_of(text: str) -> list[Fence]:
    found, reason = [], ""
    for token in MarkdownIt().parse(text):
        if token.type == "fence":
            found.append(Fence(token.info.strip(), token.content, (token.map or [0])[0] + 1, reason))
        comment = token.content.strip() if token.type == "html_block" else ""
        reason = comment.removeprefix("<!-- not run:").removesuffix("-->").strip() if comment.startswith("<!-- not run:") else ""
    return found
