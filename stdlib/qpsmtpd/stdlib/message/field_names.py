"""What a header field's name may be (RFC 5322 section 2.2), which fields a name means, and how any text becomes a value of one line.

Folding and encoding are the header's: it knows what a line may hold.
"""

from __future__ import annotations

import re

from qpsmtpd.dsl.model.services import Header

_NAME = re.compile(r"[!-9;-~]{1,70}", re.ASCII)


def name_fault(text: str) -> str:
    """What is wrong with a field name, or an empty text."""
    if _NAME.fullmatch(text):
        return ""
    if text.endswith(":") and _NAME.fullmatch(text[:-1]):
        return f'the colon is not part of a field name: "{text[:-1]}"'
    return f'"{text[:80]}" is not a field name: printable ASCII without blanks and colons, at most 70 characters (RFC 5322)'


def meant(name: str, header: Header) -> list[str]:
    """The names of the message's fields that a name means, each once however it is written; a `*` at its end stands for any more."""
    lower = name.lower()
    found = {each.lower(): each for each in reversed(header.names())}
    return [found[each] for each in reversed(found) if each == lower or (lower.endswith("*") and each.startswith(lower[:-1]))]


def one_line(text: str) -> str:
    """The text with a blank for each line end and control character, so that it stays one field."""
    return "".join(c if c.isprintable() else " " for c in text.replace("\r\n", "\n")).strip()
