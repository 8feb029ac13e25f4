"""What the manual is made of: chapters, pages, and the parts of a page, as values.

Texts are Markdown of one line or paragraph: words, `code`, *emphasis* and [links](…). How they look on paper, on a
terminal or to a program is decided by as_markdown.py, as_text.py and as_json.py alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, with a blank line between them."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows, inside a page or an overview."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as the head has."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rules, or a data file, as they may be written; `info` says which, as the manual's code blocks do (`q fragment`, `file NAME`)."""

    text: str
    info: str


Part = Prose | Heading | Table | Sample


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to say of one thing: `kind` is what it is (a function, a hook), `summary` its meaning in one line."""

    kind: str
    name: str
    summary: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The pages of one kind, and an overview of them.

    `whole` says that the manual prints the pages below the overview; else the overview says all that they say.
    """

    name: str
    title: str
    overview: tuple[Part, ...]
    pages: tuple[Page, ...] = ()
    whole: bool = False


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """A table, without the columns in which every cell is empty."""
    titles, lines = tuple(head), [tuple(row) for row in rows]
    kept = [i for i in range(len(titles)) if not lines or any(line[i] for line in lines)]
    return Table(tuple(titles[i] for i in kept), tuple(tuple(line[i] for i in kept) for line in lines))


def contents(pages: Iterable[Page], of: str) -> Table:
    """The pages that a chapter prints, each with its meaning; `of` is what one of them is called."""
    return table([of, "meaning"], ([f"[`{page.name}`](#{anchor(page.name)})", page.summary] for page in pages))


def anchor(title: str) -> str:
    """What a heading is called in links: in small letters, without signs."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
