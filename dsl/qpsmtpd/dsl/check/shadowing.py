"""Decides which names rules may give: none that has a meaning already."""

from __future__ import annotations

from qpsmtpd.dsl.check.book import Book
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.model.builtins import FREE
from qpsmtpd.dsl.model.hooks import READABLE
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Name

_AROUND = frozenset(
    [
        "apply",
        "before",
        "by",
        "define",
        "end",
        "expect",
        "fails",
        "given",
        "listener",
        "on",
        "per",
        "policy",
        "require",
        "server",
        "test",
        "use",
        "var",
    ]
)
"""Words that mean something only outside of rules."""
_INSIDE = frozenset(
    [
        "and",
        "as",
        "at",
        "case",
        "elif",
        "else",
        "false",
        "if",
        "in",
        "let",
        "log",
        "match",
        "matches",
        "none",
        "not",
        "or",
        "shadow",
        "true",
        "unknown",
        "unless",
    ]
)
KEYWORDS = _AROUND | _INSIDE | {verb.value for verb in Verb}


def second_meaning(name: Name, book: Book, *, own: bool = False) -> bool:
    """Reports a name that the language, the library or the rules use already. With `own` it stands inside of a policy,
    whose names are its own: what the rules declare outside does not matter, nor do words that mean nothing there.
    """
    text = name.text
    declared = None if own else book.lets.get(text) or book.defines.get(text) or book.vars.get(text)
    if text in KEYWORDS and not (own and text in _AROUND):
        what = "a word of the language"
    elif text in READABLE:
        what = f"a name of the language: {READABLE[text][0].meaning}"
    elif text in book.catalogue or text in FREE:
        what = "a function of the library" if text in book.catalogue else "a function of the language"
    elif declared is not None:
        what = "declared already"
    else:
        return False
    notes = [Note(declared.name.span, "here it was declared first")] if declared else []
    why = "a name that means two things would be read wrongly by somebody"
    book.findings.add("Q206", name.span, f"`{text}` is {what}", why=why, help="give this one another name", notes=notes)
    return True
