"""Chapters and pages as JSON, for programs: a table is a list of objects, named by its head. Texts stay Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, Sample, Table


def found_pages(pages: Sequence[Page]) -> str:
    """A list of pages."""
    return _text([_page(page) for page in pages])


def overview(chapter: Chapter) -> str:
    """The overview of a chapter, with the names of its pages."""
    parts = [_part(part) for part in chapter.overview]
    return _text({"chapter": chapter.name, "title": chapter.title, "parts": parts, "pages": [p.name for p in chapter.pages]})


def topics(manual: Iterable[Chapter]) -> str:
    """Every page by its kind, name and meaning."""
    listed = [{"kind": page.kind, "name": page.name, "summary": page.summary} for each in manual for page in each.pages]
    return _text(listed)


def _page(page: Page) -> dict[str, object]:
    return {"kind": page.kind, "name": page.name, "summary": page.summary, "parts": [_part(part) for part in page.parts]}


def _part(part: Part) -> dict[str, object]:
    match part:
        case Prose(text=text):
            return {"prose": text}
        case Heading(text=text):
            return {"heading": text}
        case Table(head=head, rows=rows):
            return {"table": [dict(zip(head, row, strict=True)) for row in rows]}
        case Sample(text=text, info=info):
            return {"sample": text, "info": info}


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
