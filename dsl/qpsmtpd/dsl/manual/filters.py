"""The pages of the filters that templates have."""

from __future__ import annotations

from qpsmtpd.dsl.check.filters import FILTERS
from qpsmtpd.dsl.manual.pages import Chapter, Page, Prose, Sample, table


def filters() -> Chapter:
    """Every filter."""
    intro = "Filters stand between `{{` and `}}`, behind a value; several of them work from left to right."
    rows = ([f"`{name}`", f"`{{{{ … | {filter.written} }}}}`", filter.meaning] for name, filter in FILTERS.items())
    pages = (
        Page("filter", name, each.meaning, (Prose(f"Gives {each.meaning}."), Prose(intro), Sample(_use(each.written), "text")))
        for name, each in FILTERS.items()
    )
    return Chapter("filters", "Filters", (Prose(intro), table(["filter", "written", "gives"], rows)), tuple(pages))


def _use(written: str) -> str:
    return f"{{{{ … | {written} }}}}"
