"""Chapters and pages as Markdown: what the manual's reference files are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, Sample, Table


def chapter_file(chapter: Chapter, notice: str) -> str:
    """A chapter as a file of the manual, with a notice below its title."""
    parts = [f"# {chapter.title}", f"<!-- {notice} -->", *_parts(chapter.overview, 2)]
    for page in chapter.pages if chapter.whole else ():
        parts += [f"## {page.name}", *_parts(page.parts, 3)]
    return _joined(parts)


def overview(chapter: Chapter) -> str:
    """The overview of a chapter."""
    return _joined([f"# {chapter.title}", *_parts(chapter.overview, 2)])


def page(of: Page) -> str:
    """One page."""
    return _joined([f"# {of.name}", f"*{of.kind}*", *_parts(of.parts, 2)])


def topics(manual: Iterable[Chapter]) -> str:
    """Every page by its name and meaning, chapter by chapter."""
    parts = ["# Reference"]
    for each in manual:
        if each.pages:
            parts += [f"## {each.title}", "\n".join(f"* `{page.name}`: {page.summary}" for page in each.pages)]
    return _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _parts(parts: Iterable[Part], level: int) -> list[str]:
    return [_part(part, level) for part in parts]


def _part(part: Part, level: int) -> str:
    match part:
        case Prose(text=text):
            return text
        case Heading(text=text):
            return f"{'#' * level} {text}"
        case Table(head=head, rows=rows):
            return _table([head, ["---"] * len(head), *rows])
        case Sample(text=text, info=info):
            return f"```{info}\n{text}\n```"


def _table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
