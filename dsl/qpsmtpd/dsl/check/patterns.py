"""Decides whether a pattern can be used: RE2 compiles it, and it is able to match the text it is put to."""

from __future__ import annotations

import re
from functools import cache

import re2

from qpsmtpd.dsl.model.values import Pattern


class BadPattern(ValueError):
    """The engine does not take the pattern; the text says why."""


@cache
def compile_pattern(text: str, flags: str = "") -> Pattern:
    """The pattern as RE2 runs it: in linear time, without look-around and back-references. Raises BadPattern."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = "i" not in flags
    try:
        compiled: Pattern = re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise BadPattern(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return compiled


_NOT_LITERAL = re.compile(r"\\[pP]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\(\?P?<\w+>")
_OPTIONAL = re.compile(r"[A-Z](?:[?*]|\{0)")


def upper_case_letter(text: str, flags: str) -> str:
    """A capital letter that every match must contain, or an empty text: in lower-case text such a pattern never matches."""
    plain = _NOT_LITERAL.sub(" ", text)
    if "i" in flags or "|" in plain or "(?" in plain or re.search(r"\)(?:[?*]|\{0)", plain):
        return ""
    found = re.search("[A-Z]", _OPTIONAL.sub(" ", plain))
    return found[0] if found else ""
