"""The pages of the readable names: their type, where they are known, and what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from qpsmtpd.dsl.manual.pages import Chapter, Page, Part, Prose, table
from qpsmtpd.dsl.model.hooks import HOOKS, ORDER, READABLE, Readable, is_known
from qpsmtpd.dsl.model.types import Type


def names() -> Chapter:
    """Every name that rules can read, in the order in which they become known."""
    pages = tuple(Page("readable name", name, rows[0].meaning, tuple(_parts(rows))) for name, rows in READABLE.items())
    rows = ([f"`{r.name}`", f"`{r.type}`", _where(r), _said(r)] for rows in READABLE.values() for r in rows)
    overview = (
        Prose("What rules can read, and in which hooks. What each type can do is told in [types](types.md)."),
        table(["name", "type", "in", "meaning"], rows),
    )
    return Chapter("names", "Readable names", overview, pages)


def known_in(row: Readable) -> tuple[str, ...]:
    """The hooks in which the name has this meaning, in order."""
    return tuple(hook for hook in HOOKS if is_known(row, hook))


def fields(kind: Type) -> Sequence[tuple[str, Type]]:
    """What stands behind the dot of a value of that type, absent or not."""
    return kind.present().fields


def _parts(rows: Sequence[Readable]) -> Iterator[Part]:
    yield table(["in", "type", "meaning"], ([_where(row), f"`{row.type}`", _said(row)] for row in rows))
    for row in rows[:1]:
        if fields(row.type):
            cells = ([f"`{row.name}.{name}`", f"`{kind}`"] for name, kind in fields(row.type))
            yield table(["part", "type"], cells)
    if any(not row.code for row in rows):
        yield Prose(f"Reading it calls the function [`{rows[0].name}`](functions.md#{rows[0].name}).")


def _said(row: Readable) -> str:
    return row.meaning + ("; can be assigned" if row.assignable else "")


def _where(row: Readable) -> str:
    """The hooks that know a name: `mail` to `queue`."""
    places = [(ORDER.index(hook) - i, hook) for i, hook in enumerate(known_in(row))]
    runs = [[hook for _, hook in run] for _, run in groupby(places, key=lambda place: place[0])]
    return ", ".join(f"`{run[0]}`" if len(run) == 1 else f"`{run[0]}` to `{run[-1]}`" for run in runs)
