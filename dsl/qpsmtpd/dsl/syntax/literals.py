"""Decides what the literals of a rules file are worth: numbers, durations, sizes, rates, texts, patterns.

A malformed literal is a fault text, so that the rest of the line is read; where nobody can tell which number was meant it
has no value. Knows no grammar and no place in the file.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from qpsmtpd.dsl.model.values import Rate

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""The units of a duration, in seconds."""

OCTETS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
"""The units of a size, in octets."""

_NUMBER = re.compile(r"\d+(\.\d+)?")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_PART = re.compile(r"(\d+)(ms|[smhdw])")
_DURATION = re.compile(rf"({_PART.pattern})+")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)((?:[KMG]i?)?B)")
_RATE = re.compile(r"(\d+)/(\w+)")
_ESCAPE = re.compile(r"\\(u\{([^}\n]*)\}|.|\n)", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}

DIGITS_LIMIT = 15
"""More digits than this are no number: a float could not hold it exactly."""


class Value(NamedTuple):
    """A literal's terminal, its value, and what is wrong with it (empty when nothing is) with the remedy."""

    terminal: str
    value: Any
    fault: str = ""
    remedy: str = ""


@functools.lru_cache(maxsize=4096)
def number(raw: str) -> Value:
    """The value of what begins with a digit: a number, code, duration (seconds), size (octets) or rate."""
    if max(map(len, re.findall(r"\d+", raw))) > DIGITS_LIMIT:
        return Value("NUMBER", None, f"`{raw}` is too large", f"numbers have at most {DIGITS_LIMIT} digits")
    if _NUMBER.fullmatch(raw):
        code = len(raw) == 3 and raw[0] in "245"
        return Value("CODE" if code else "NUMBER", float(raw) if "." in raw else int(raw))
    if _ENHANCED.fullmatch(raw):
        return Value("ENHANCED", raw)
    if _DURATION.fullmatch(raw):
        return Value("DURATION", _seconds(raw))
    if size := _SIZE.fullmatch(raw):
        return Value("SIZE", int(float(size[1]) * OCTETS[size[2]]))
    if rate := _RATE.fullmatch(raw):
        return _rate(raw, int(rate[1]), rate[2])
    return Value("NUMBER", None, f"`{raw}` is no number, duration, size or rate", _remedy(raw))


def _seconds(raw: str) -> float:
    return sum(int(count) * SECONDS[unit] for count, unit in _PART.findall(raw))


def _rate(raw: str, count: int, per: str) -> Value:
    if per in SECONDS:
        return Value("RATE", Rate(count, SECONDS[per]))
    if _DURATION.fullmatch(per) and _seconds(per) > 0:
        return Value("RATE", Rate(count, _seconds(per)))
    return Value("RATE", Rate(count, 60.0), f"`{raw}` is no rate", "a rate is a count per duration: `300/1h`, `10/m`")


def _remedy(raw: str) -> str:
    if re.fullmatch(r"\d+\.\d+(ms|[smhdw])", raw):
        return "a duration is made of whole numbers: write `1h30m`, not `1.5h`"
    if re.fullmatch(r"(?i)\d+(\.\d+)?([kmg]i?)?b?", raw):
        letter = re.sub(r"[\d.bBiI]", "", raw).upper()
        digits = re.match(r"[\d.]+", raw)
        return f"sizes are written with B, KB, MB, GB or KiB, MiB, GiB: `{digits[0] if digits else ''}{letter}B`"
    if re.fullmatch(r"(?i)\d+\s*(sec|seconds?|min|minutes?|hours?|days?|weeks?)", raw):
        return "durations are written with ms, s, m, h, d, w: `5m`, `1h30m`"
    if re.fullmatch(r"[0136-9]\.\d+\.\d+", raw):
        return "an enhanced status code begins with 2, 4 or 5: `5.7.1`"
    return "numbers look like `5` or `2.5`, durations `1h30m`, sizes `25MB`, rates `300/1h`"


def text(raw: str) -> Value:
    """The text between quotes (one or three) with its escapes resolved."""
    width = 3 if raw.startswith('"""') else 1
    body = raw[width:-width]
    if "\\" not in body:
        return Value("STRING", body)
    faults: list[str] = []
    value = _ESCAPE.sub(lambda m: _unescape(m, faults), body)
    if not faults:
        return Value("STRING", value)
    return Value(
        "STRING",
        value,
        f"`{faults[0]}` is no escape",
        r"the escapes are `\"`, `\\`, `\n`, `\t` and `\u{E9}`; a backslash itself is `\\`",
    )


def _unescape(match: re.Match[str], faults: list[str]) -> str:
    if match[1] in _ESCAPES:
        return _ESCAPES[match[1]]
    if match[2] is not None and re.fullmatch(r"[0-9a-fA-F]{1,6}", match[2]):
        point = int(match[2], 16)
        if point < 0x110000 and not 0xD800 <= point < 0xE000:
            return chr(point)
    faults.append(match[0])
    return match[0]


def pattern(raw: str) -> Value:
    """The pattern between slashes and its flags: `/x/i` is ("x", "i")."""
    body, _, flags = raw[1:].rpartition("/")
    value = (body.replace("\\/", "/"), flags)
    if flags in ("", "i"):
        return Value("PATTERN", value)
    return Value(
        "PATTERN",
        (value[0], ""),
        f"`{flags}` is no flag of a pattern",
        "the one flag is `i`, for upper and lower case alike: `/x/i`",
    )
