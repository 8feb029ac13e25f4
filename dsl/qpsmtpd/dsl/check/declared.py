"""Decides which type a written type name means: `list[network]`, `domain?`."""

from __future__ import annotations

from qpsmtpd.dsl.check.book import Book
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.types import ERROR, SCALARS, TEXT, Type, list_of, map_of, optional
from qpsmtpd.dsl.syntax.tree import TypeName


def declared_type(written: TypeName, book: Book) -> Type:
    """The type of that name; ERROR after a finding."""
    inner = _without_mark(written, book)
    return optional(inner) if written.optional and inner != ERROR else inner


def _without_mark(written: TypeName, book: Book) -> Type:
    name = written.name.text
    if name in ("list", "map"):
        element = declared_type(written.of, book) if written.of else TEXT
        return element if element == ERROR else (list_of if name == "list" else map_of)(element)
    if name == "verb":
        book.findings.add(
            "Q201",
            written.span,
            "only a parameter of a policy can be a `verb`",
            why="it stands where a verdict stands, and only policies hold rules",
        )
        return ERROR
    if name not in SCALARS or written.of is not None:
        book.findings.add(
            "Q201",
            written.name.span,
            f"there is no type `{name}`" if name not in SCALARS else f"`{name}` has no elements",
            allowed=f"{words([*SCALARS])}, `list[T]`, `map[T]` and `T?`",
            help=suggestion(name, [*SCALARS, "list", "map"]),
        )
        return ERROR
    return SCALARS[name]
