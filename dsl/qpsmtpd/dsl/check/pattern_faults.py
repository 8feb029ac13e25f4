"""Decides how to say what the pattern engine does not take, and where in the pattern that stands.

RE2 names the fault and the piece of text that it is about; what is told here is in the words of somebody who has written the
pattern for another engine. Knows no tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_LINEAR = "patterns are RE2's: they never try again what they have read, so that no text makes them slow"
_UNIT = re.compile(r"\\.|\[\^?\]?(?:\[:\w*:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
"""An escape, a class, or a single character."""


@dataclass(frozen=True, slots=True)
class PatternFault:
    """What is wrong, why, what to write instead, and which part of the pattern it is about: from `start`, `length` characters."""

    message: str
    why: str = ""
    help: str = ""
    start: int = 0
    length: int = 0


def pattern_fault(text: str, reason: str) -> PatternFault:
    """The fault of a pattern, from the sentence with which the engine has refused it."""
    kind, _, piece = reason.partition(": ")
    told = _TOLD.get(kind)
    return told(text, piece) if told else PatternFault(reason)


def units(text: str) -> Iterator[tuple[int, str]]:
    """The escapes, classes and characters of a pattern, each with its place."""
    for match in _UNIT.finditer(text):
        yield match.start(), match[0]


def _place(text: str, piece: str) -> int:
    """Where the piece stands: not within an escape or class, if it can be helped."""
    return next((at for at, _ in units(text) if text.startswith(piece, at)), max(text.find(piece), 0))


def _brackets(text: str) -> tuple[list[int], list[int]]:
    """The opening brackets that are never closed, and the closing ones that close nothing."""
    opened: list[int] = []
    spare: list[int] = []
    for at, unit in units(text):
        if unit == "(":
            opened.append(at)
        elif unit == ")":
            if opened:
                opened.pop()
            else:
                spare.append(at)
    return opened, spare


def _never_closed(text: str, piece: str) -> PatternFault:
    opened, _ = _brackets(text)
    at = opened[-1] if opened else 0
    return PatternFault("`(` is never closed", "", "add the `)`, or write `\\(` for the character itself", at, 1)


def _closes_nothing(text: str, piece: str) -> PatternFault:
    _, spare = _brackets(text)
    at = spare[0] if spare else 0
    return PatternFault("`)` closes nothing", "", "take it away, or write `\\)` for the character itself", at, 1)


def _open_class(text: str, piece: str) -> PatternFault:
    at = len(text) - len(piece)
    return PatternFault("`[` is never closed", "", "add the `]`, or write `\\[` for the character itself", at, 1)


def _nothing_to_repeat(text: str, piece: str) -> PatternFault:
    help = f"put what shall be repeated before it, or write `\\{piece[:1]}` for the character itself"
    return PatternFault(f"`{piece}` has nothing before it to repeat", "", help, _place(text, piece), len(piece))


def _repeated_repetition(text: str, piece: str) -> PatternFault:
    at = _place(text, piece)
    if piece[-1:] == "+":
        return PatternFault(f"`{piece}` is possessive, which there is not", _LINEAR, f"write `{piece[0]}`", at, len(piece))
    return PatternFault(f"`{piece}` repeats a repetition", "", f"write `{piece[0]}`", at, len(piece))


def _repetition(text: str, piece: str) -> PatternFault:
    least, comma, most = piece.strip("{}").partition(",")
    at = _place(text, piece)
    if comma and most and int(most) < int(least):
        return PatternFault(f"`{piece}` is backwards", "", f"write `{{{most},{least}}}`", at, len(piece))
    why = "at most 1000 repetitions are possible, those inside of one another multiplied"
    return PatternFault(f"`{piece}` repeats too often", why, "", at, len(piece))


def _trailing(text: str, piece: str) -> PatternFault:
    return PatternFault("it ends in a `\\` with nothing behind it", "", "write `\\\\` for the character itself", len(text) - 1, 1)


def _escape(text: str, piece: str) -> PatternFault:
    at, letter = _place(text, piece), piece[1:2]
    if letter.isdigit() or letter in "kg":
        help = "say with two conditions what has to be equal, or list the cases"
        return PatternFault(f"`{piece}` is a back-reference, which there is not", _LINEAR, help, at, len(piece))
    instead = {"Z": "write `$`", "u": "write the character itself, or `\\x{…}`", "h": "write `[ \\t]`", "N": "write `.`"}.get(
        letter, ""
    )
    plain = "" if letter.isalnum() else f"write `{letter}`"
    return PatternFault(f"`{piece}` is no escape", "", instead or plain or f"write `{letter}` for the letter", at, len(piece))


_LOOKS = {"(?=": "look-ahead", "(?!": "look-ahead", "(?<=": "look-behind", "(?<!": "look-behind"}


def _group(text: str, piece: str) -> PatternFault:
    at = _place(text, piece)
    if piece in _LOOKS:
        sign = "not matches" if piece.endswith("!") else "matches"
        help = f"ask with two conditions: `x matches /…/ and x {sign} /…/`"
        return PatternFault(f"`{piece}` is a {_LOOKS[piece]}, which there is not", _LINEAR, help, at, len(piece))
    if piece == "(?>":
        return PatternFault("`(?>` is an atomic group, which there is not", _LINEAR, "write `(?:`", at, len(piece))
    if piece == "(?#":
        return PatternFault("`(?#` is a comment, which there is not", "", "say it in a comment behind `#`", at, len(piece))
    if piece == "(?P" and "(?P=" in text:
        return PatternFault("`(?P=` is a back-reference, which there is not", _LINEAR, "", _place(text, "(?P="), 4)
    return PatternFault(
        f"`{piece}` begins no group that there is", "", "a group without a number is written `(?:…)`", at, len(piece)
    )


def _range(text: str, piece: str) -> PatternFault:
    at = max(text.find(piece), 0)
    if piece.startswith("\\"):
        return PatternFault(f"`{piece}` is no class of characters", "", "", at, len(piece))
    if piece.startswith("[:"):
        return PatternFault(f"`{piece}` is no class of characters", "", "there are `[:alpha:]`, `[:digit:]`, …", at, len(piece))
    return PatternFault(f"the range `{piece}` is backwards", "", f"write `{piece[-1:]}-{piece[:1]}`", at, len(piece))


def _named(text: str, piece: str) -> PatternFault:
    at = _place(text, piece)
    return PatternFault("the name of this group is not one", "", "write `(?P<name>…)`, or leave the name out", at, len(piece))


_TOLD: Mapping[str, Callable[[str, str], PatternFault]] = {
    "missing )": _never_closed,
    "unexpected )": _closes_nothing,
    "missing ]": _open_class,
    "no argument for repetition operator": _nothing_to_repeat,
    "bad repetition operator": _repeated_repetition,
    "invalid repetition size": _repetition,
    "trailing \\": _trailing,
    "invalid escape sequence": _escape,
    "invalid perl operator": _group,
    "invalid character class range": _range,
    "invalid character class": _range,
    "invalid named capture group": _named,
}
