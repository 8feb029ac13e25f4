"""Writes rules as nobody would: valid, but with blanks, line breaks, comments and indentation wherever they may stand.

The rules come from a text, or grow at random from the grammar itself, so that each of its rules occurs.
"""

from __future__ import annotations

import functools
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import count, pairwise

from lark import Lark

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.layout import Placed, layout
from qpsmtpd.dsl.syntax.scan import scan
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, SIGNS, VERBS

MARK = "#~"
"""What each comment begins with; a number follows."""

Line = tuple[int, Sequence[str]]
"""A logical line: how many blocks it stands in, and its tokens."""

_SPELLINGS: Mapping[str, Sequence[str]] = {
    **{terminal: [word] for word, terminal in KEYWORDS.items()},
    **{terminal: [sign] for sign, terminal in SIGNS.items()},
    "CMP": ["==", "!=", "<", "<=", ">", ">="],
    "COND": ["if", "unless"],
    "VERB": VERBS,
    "NAME": [*("a", "b_c", "spf", "domain", "x1", "relay") * 6, "pass", "test", "end", "and", "match", "at"],
    "STRING": ['"x"', '""', '"# no comment"', '"a\tb"', '"日本"', '"\\"{{ helo }}"', '"""one\n    # two \n\n\n\n three"""'],
    "NUMBER": ["7", "2.5"],
    "CODE": ["550", "450"],
    "ENHANCED": ["5.7.1"],
    "RATE": ["300/1h"],
    "DURATION": ["1h30m"],
    "SIZE": ["25MB"],
    "PATTERN": ["/a #b/i", r"/\/ /"],
    "IP": ["203.0.113.9", "2001:db8::1"],
    "TIME": ["2026-01-31T10:00:00Z"],
    "DISCONNECT": ["and disconnect", "and \t disconnect"],
    "NOT_IN": ["not in", "not   in"],
    "NOT_MATCHES": ["not matches", "not\tmatches"],
}
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_SAFE = frozenset((*_OPENING, *_CLOSING, ",", "=", "->", "=="))
"""Signs beside which no blank is needed."""


def taken(text: str) -> list[Line]:
    """The lines of a text that parses."""
    findings = Findings()
    return list(_flat(layout(scan(text, "rules.q", findings), findings), 0))


def _flat(placed: Sequence[Placed], depth: int) -> Iterator[Line]:
    for line in placed:
        yield depth, [token.text for token in line.tokens]
        yield from _flat(line.block, depth + 1)


def grown(chance: random.Random) -> list[Line]:
    """The lines of a random text of the grammar."""
    lines: list[Line] = []
    words: list[str] = []
    depth = 0
    for terminal in [*(t for _ in range(chance.randint(1, 6)) for t in _derived("_top", chance, 0)), "END", "NL"]:
        if terminal == "NL":
            lines.append((depth, words))
            words = []
        elif terminal in ("INDENT", "DEDENT"):
            depth += 1 if terminal == "INDENT" else -1
        else:
            words.append(chance.choice(_SPELLINGS[terminal]))
    return [line for line in lines if line[1]]


_DEEPEST = 30


def _derived(name: str, chance: random.Random, depth: int) -> Iterator[str]:
    """The terminals of a random derivation; the deeper it is the more often the smallest one."""
    options = _grammar().get(name)
    if options is None:
        yield name
        return
    most = min(options.values()) if chance.random() < depth / _DEEPEST else max(options.values())
    for part in chance.choice([parts for parts, size in options.items() if size <= most]):
        yield from _derived(part, chance, depth + 1)


@functools.cache
def _grammar() -> Mapping[str, Mapping[tuple[str, ...], int]]:
    """What each rule may become, refused lines left out, with the depth of the smallest text that follows."""
    text = (files("qpsmtpd.dsl.syntax") / "grammar.lark").read_text("utf-8")
    rules = [
        (rule.origin.name, tuple(rule.expansion))
        for rule in Lark(text, parser="lalr", maybe_placeholders=False).rules
        if not any(symbol.name.startswith("BROKEN") for symbol in rule.expansion)
    ]
    sizes: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for _ in rules:
        for name, parts in rules:
            if all(symbol.is_term or symbol.name in sizes for symbol in parts):
                below = (0 if symbol.is_term else min(sizes[symbol.name].values()) for symbol in parts)
                sizes[name][tuple(symbol.name for symbol in parts)] = 1 + max(below, default=0)
    return sizes


def written(lines: Sequence[Line], chance: random.Random) -> str:
    """The lines as a text; each comment has a number of its own."""
    comments = count()
    indents = [""]
    text = ""
    for depth, words in lines:
        del indents[depth + 1 :]
        if depth == len(indents):
            indents.append(indents[-1] + " " * chance.randint(1, 6))
        text += _above(chance, comments) + indents[depth] + _line(words, chance, comments) + _behind(chance, comments) + "\n"
    text += _above(chance, comments)
    text = text.rstrip("\n") if chance.random() < 0.2 else text
    return text.replace("\n", "\r\n") if chance.random() < 0.2 else text


def _above(chance: random.Random, comments: Iterator[int]) -> str:
    """Blank lines and comments."""
    rows = chance.choice([0, 0, 0, 0, 1, 2, 3, 5])
    return "".join(
        chance.choice(["", " ", "\t", f"{' ' * chance.randint(0, 12)}{MARK}{next(comments)} \t"]) + "\n" for _ in range(rows)
    )


def _behind(chance: random.Random, comments: Iterator[int]) -> str:
    """Blanks at a line's end, or a comment; often in a column that others share."""
    if chance.random() < 0.6:
        return chance.choice(["", "", " ", "\t"])
    return f"{chance.choice(['', ' ', '  ', '   ', '         ', chr(9)])}{MARK}{next(comments)}{chance.choice(['', ' # x', ' '])}"


def _line(words: Sequence[str], chance: random.Random, comments: Iterator[int]) -> str:
    text, opened = words[0], int(words[0] in _OPENING)
    for before, after in pairwise(words):
        text += _gap(before, after, chance)
        if opened and after not in KEYWORDS and chance.random() < 0.15:
            text += f"{_behind(chance, comments)}\n{_above(chance, comments)}{' ' * chance.randint(0, 9)}"
        text += after
        opened += (after in _OPENING) - (after in _CLOSING)
    return text


def _gap(before: str, after: str, chance: random.Random) -> str:
    if "/" in (before, after):
        return ""
    if before in _SAFE or after in _SAFE:
        return chance.choice(["", " ", "   ", "\t"])
    return chance.choice([" ", " ", "  ", "\t", " \t "])
