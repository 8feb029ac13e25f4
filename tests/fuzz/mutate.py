"""Changes texts in ways in which people, editors, networks and attackers change them. Knows nothing of what they mean."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from fuzz.corpus import words

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ITEM = re.compile(r'(?<=[\[(,{])\s*(?:"[^"\n]*"|[\w.]+)\s*(?=[\])},])')
_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)
_ODD = "\0\t\r\x0b\x0c\x1b\x7f\x85\u00a0\u2028\u202e\ufeff\u0130\u1e9e\U0001f600ÅßñЖ#\"'\\{}[]()<>|/@:;,=+-?!%$&*^~`.0"
_HUGE = ("9" * 400, "1e999", "-0", "0x10", "5.5.5.5.5", "1/0h", "99999999999999w", "1" * 30 + "GB", '"' + "a" * 5000 + '"')
_DEEP = ("(" * 300, "[" * 300, "not " * 300, "{ " * 200, '"{{ ' * 50, "if relay:\n" * 60, "- " * 400, "a." * 500, "x ?? " * 300)


_LONGEST = 30_000
"""Characters of a text: about a thousand lines."""


def mutated(text: str, others: Sequence[str], draw: random.Random) -> bytes:
    """The text with a few changes, perhaps no text at all any more."""
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        text = draw.choice(_CHANGES)(text, others, draw)[:_LONGEST]
    octets = text.encode("utf-8", "surrogatepass")
    return _octets(octets, draw) if draw.random() < 0.1 else octets


def encoded(octets: bytes, draw: random.Random) -> bytes:
    """The octets as another system or editor would have written the text."""
    text = octets.decode("utf-8", "replace")
    how = draw.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "cp037", "utf-8-sig", "utf-7"))
    ends = draw.choice(("\n", "\r\n", "\r", "\x85", "\n\0"))
    return text.replace("\n", ends).encode(how, "replace")[:_LONGEST]


def noise(draw: random.Random) -> bytes:
    """Random octets, of any kind or of those that texts are made of."""
    size = draw.choice((0, 1, 10, 100, 3000))
    return draw.randbytes(size) if draw.random() < 0.5 else bytes(draw.choices(range(10, 127), k=size))


def _octets(octets: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(octets) + 1)
    return octets[:at] + draw.randbytes(draw.choice((1, 2, 40))) + octets[at + draw.choice((0, 1, 5)) :]


def _parts(text: str, cut: Callable[[str], list[str]], draw: random.Random) -> tuple[list[str], int]:
    parts = cut(text) or [""]
    return parts, draw.randrange(len(parts))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _drop(text: str, others: Sequence[str], draw: random.Random) -> str:
    parts, at = _parts(text, draw.choice((_lines, _words)), draw)
    return "".join(parts[:at] + parts[at + draw.choice((1, 1, 2, 5)) :])


def _double(text: str, others: Sequence[str], draw: random.Random) -> str:
    parts, at = _parts(text, draw.choice((_lines, _words)), draw)
    return "".join(parts[:at] + parts[at : at + 1] * draw.choice((2, 2, 3, 50)) + parts[at + 1 :])


def _swap(text: str, others: Sequence[str], draw: random.Random) -> str:
    parts, at = _parts(text, draw.choice((_lines, _words)), draw)
    to = draw.randrange(len(parts))
    parts[at], parts[to] = parts[to], parts[at]
    return "".join(parts)


def _from_elsewhere(text: str, others: Sequence[str], draw: random.Random) -> str:
    cut = draw.choice((_lines, _words))
    parts, at = _parts(text, cut, draw)
    donor, begin = _parts(draw.choice(others), cut, draw)
    return "".join(parts[:at] + donor[begin : begin + draw.choice((1, 3, 20))] + parts[at + draw.choice((0, 1)) :])


def _odd(text: str, others: Sequence[str], draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + "".join(draw.choices(_ODD, k=draw.choice((1, 1, 2, 10)))) + text[at + draw.choice((0, 1)) :]


def _large(text: str, others: Sequence[str], draw: random.Random) -> str:
    parts, at = _parts(text, _words, draw)
    parts[at] = draw.choice((*_HUGE, *_DEEP))
    return "".join(parts)


def _indented(text: str, others: Sequence[str], draw: random.Random) -> str:
    parts, at = _parts(text, _lines, draw)
    parts[at] = draw.choice((" ", "  ", "    ", "\t", "")) + parts[at].lstrip(draw.choice((" ", "")))
    return "".join(parts)


def _renamed(text: str, others: Sequence[str], draw: random.Random) -> str:
    """A word becomes another of the text or of the language, once or wherever it stands."""
    names = _NAME.findall(text)
    if not names:
        return text
    old, new = draw.choice(names), draw.choice((draw.choice(names), draw.choice(words())))
    return re.sub(rf"\b{old}\b", new, text, count=draw.choice((0, 1)))


_HEADERS = ("if relay:", "unless score > 1:", "else:", "match listener:", "case mx:", "policy p():", "on rcpt:", 'test "t":')


def _nested(text: str, others: Sequence[str], draw: random.Random) -> str:
    """Lines stand further inside: below a header more, or below many."""
    parts, at = _parts(text, _lines, draw)
    count, depth = draw.choice((1, 2, 10)), draw.choice((1, 1, 2, 30))
    blanks = " " * (len(parts[at]) - len(parts[at].lstrip(" ")))
    headers = [f"{blanks}{'    ' * level}{draw.choice(_HEADERS)}\n" for level in range(depth)]
    inside = ["    " * depth + line for line in parts[at : at + count]]
    return "".join(parts[:at] + headers + inside + parts[at + count :])


def _numbered(text: str, others: Sequence[str], draw: random.Random) -> str:
    """A few lines stand there many times, each time with another name in them."""
    parts, at = _parts(text, _lines, draw)
    lines = "".join(parts[at : at + draw.choice((1, 2, 4))])
    names = _NAME.findall(lines)
    if not names:
        return text
    name = draw.choice(names)
    made = [re.sub(rf"\b{name}\b", f"{name}{number}", lines) for number in range(draw.choice((2, 20, 200)))]
    return "".join(parts[:at] + made + parts[at:])


def _longer(text: str, others: Sequence[str], draw: random.Random) -> str:
    """Something between brackets stands there many times."""
    found = [*_ITEM.finditer(text)]
    if not found:
        return text
    one = draw.choice(found)
    return text[: one.start()] + ", ".join([one[0]] * draw.choice((2, 30, 300))) + text[one.end() :]


def _cut(text: str, others: Sequence[str], draw: random.Random) -> str:
    return text[: draw.randrange(len(text) + 1)]


_CHANGES = (
    *(_drop, _double, _swap, _from_elsewhere, _from_elsewhere, _odd, _large, _indented, _cut),
    *(_renamed, _renamed, _renamed, _nested, _numbered, _longer),
)
