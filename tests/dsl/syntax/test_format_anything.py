"""However rules are written, formatting keeps their tree, keeps each comment with its line, and has nothing to do twice."""

from __future__ import annotations

import dataclasses
import random
import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loose_rules import MARK, grown, taken, written
from meta.every_rules_text import every_rules_text
from parsed_rules import clean, read
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.format import formatted
from qpsmtpd.dsl.syntax.scan import scan

CORPUS = [rules.text for rules in every_rules_text() if not read(rules.text)[1]]
CHANCES = st.integers(0, 2**32).map(random.Random)


def bare(node: object) -> object:
    """A tree without its places."""
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if not isinstance(node, tree.Node):
        return node
    parts = (getattr(node, field.name) for field in dataclasses.fields(node) if field.name != "span")
    return (type(node), *map(bare, parts))


def comments(text: str) -> list[tuple[str, int, bool]]:
    """Each numbered comment, how many tokens stand before it, and whether it has its line to itself."""
    ends = [(t.end_line, t.end_column) for line in scan(text, "rules.q", Findings()) for t in line.tokens]
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(rf"{MARK}\d.*", line):
            before = sum(end <= (number, match.start() + 1) for end in ends)
            found.append((match[0].rstrip(), before, not line[: match.start()].strip()))
    return found


def check(text: str) -> None:
    file, findings = read(text)
    assume(not findings)
    result = formatted(text, "rules.q", Findings())
    after = clean(result)
    assert (bare(after.statements), after.ended) == (bare(file.statements), file.ended)
    assert comments(result) == comments(text.replace("\r\n", "\n"))
    assert formatted(result, "rules.q", Findings()) == result


@settings(deadline=None, max_examples=120)
@given(CHANCES)
def test_rules_grown_from_the_grammar_keep_what_they_say(chance: random.Random) -> None:
    check(written(grown(chance), chance))


@settings(deadline=None, max_examples=120)
@given(CHANCES, st.sampled_from(CORPUS))
def test_rules_of_the_repository_written_loosely_keep_what_they_say(chance: random.Random, text: str) -> None:
    check(written(taken(text), chance))


@settings(deadline=None, max_examples=120)
@given(CHANCES, st.sampled_from(CORPUS))
def test_what_was_aligned_and_was_moved_a_little_is_formatted_in_one_go(chance: random.Random, text: str) -> None:
    blanks = [match.span() for match in re.finditer(r"(?<=\S) +(?=\S)|(?<=\n) {4,}(?=#)|(?=\n)", text)]
    for start, end in sorted(chance.sample(blanks, min(len(blanks), 12)), reverse=True):
        few = " " * chance.choice([1, 1, 2, 3, end - start + 1, end - start + 4])
        text = text[:start] + (few if end > start else chance.choice([f" {MARK}0", "\n", "\n\n", "  "])) + text[end:]
    check(text)


def test_the_loose_writings_are_rules_nearly_always() -> None:
    texts = [written(grown(chance), chance) for chance in map(random.Random, range(200))]
    texts += [written(taken(CORPUS[seed % len(CORPUS)]), random.Random(seed)) for seed in range(200)]
    assert sum(not read(text)[1] for text in texts) > 360
