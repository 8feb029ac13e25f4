"""Decides which names rules may give: none that has a meaning already."""

from __future__ import annotations

from qpsmtpd.dsl.check.book import Book
from qpsmtpd.dsl.check.unsupported import LATER_NAMES
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.model.hooks import READABLE
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Name

KEYWORDS = frozenset(
    {
        "and",
        "apply",
        "as",
        "at",
        "before",
        "by",
        "case",
        "define",
        "elif",
        "else",
        "end",
        "expect",
        "fails",
        "false",
        "given",
        "if",
        "in",
        "let",
        "listener",
        "log",
        "match",
        "matches",
        "none",
        "not",
        "on",
        "or",
        "per",
        "policy",
        "require",
        "server",
        "shadow",
        "test",
        "true",
        "unknown",
        "unless",
        "use",
        "var",
    }
) | {verb.value for verb in Verb}


def second_meaning(name: Name, book: Book) -> bool:
    """Reports a name that the language, the library or the rules use already."""
    text = name.text
    declared = book.lets.get(text) or book.defines.get(text)
    if text in KEYWORDS:
        what = "a word of the language"
    elif text in READABLE or text in LATER_NAMES:
        what = "a name of the language: " + (READABLE[text][0].meaning if text in READABLE else "it is kept for later")
    elif text in book.catalogue:
        what = "a function of the library"
    elif declared is not None:
        what = "declared already"
    else:
        return False
    notes = [Note(declared.name.span, "here it was declared first")] if declared else []
    why = "a name that means two things would be read wrongly by somebody"
    book.findings.add("Q206", name.span, f"`{text}` is {what}", why=why, help="give this one another name", notes=notes)
    return True
