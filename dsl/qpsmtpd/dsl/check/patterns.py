"""Decides whether a pattern can be used: RE2 compiles it, and it is able to match the text it is put to."""

from __future__ import annotations

import re
from functools import cache

import re2

from qpsmtpd.dsl.check.pattern_faults import PatternFault, pattern_fault, units
from qpsmtpd.dsl.model.values import Pattern


class BadPattern(ValueError):
    """The engine does not take the pattern; `fault` says why."""

    def __init__(self, fault: PatternFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


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
        told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise BadPattern(pattern_fault(text, told)) from None
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


_END_TESTS = re.compile(r"\$|\\[zbB]")


def matches_everything(pattern: Pattern, text: str) -> bool:
    """True when the pattern finds something in every text: it is content with nothing, and asks nothing about the text's end or
    about words. What it asks about the beginning holds there in every text.
    """
    return not _END_TESTS.search(text) and pattern.search("") is not None


def bare_dot(text: str) -> int | None:
    """Where, in a pattern that ends like the name of a domain, a dot stands for any character; None when it does nowhere."""
    run: list[tuple[int, str]] = []
    for at, unit in (*units(text), (len(text), "|")):
        if unit == "." or unit == "\\." or (len(unit) == 1 and (unit.isalnum() or unit in "-_")):
            run.append((at, unit))
            continue
        if unit in ("$", "\\z", ")", "|") and _like_a_name(run):
            return next(at for at, unit in run if unit == ".")
        run = []
    return None


def _like_a_name(run: list[tuple[int, str]]) -> bool:
    """True for two labels or more, the last one of letters, with a dot that has no backslash."""
    labels = "".join(unit[-1] for _, unit in run).split(".")
    written = any(unit == "." for _, unit in run)
    return written and len([*filter(None, labels)]) > 1 and len(labels[-1]) > 1 and labels[-1].isalpha()
