"""Cases tried out, many at a time: most rules can match, and that is shown by an example faster than by a search.

A case is a bit in a word, so one operation on words evaluates a node of the graph in hundreds of cases. Each question
gets cases of its own: one in which the hook falls through, changed just so that what it wants is likely to be true.
What is found here is certain; what is not found may be possible all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from qpsmtpd.dsl.proof.graph import TRUE, Leaf, Lit
from qpsmtpd.dsl.proof.world import Model, World

Query = tuple[Lit, ...]
_AT_ONCE = 2048
_NEAR = 64
"""Nodes of the graph that are looked at to make a literal true."""


def witnessed(world: World, queries: Mapping[Query, Query], base: Model) -> set[Query]:
    """Those of the queries (literals to be true together) for which there is a case among those tried.

    Each comes with the literals that its own cases are made for.
    """
    found: set[Query] = set()
    waiting = iter(queries)
    while some := [*itertools.islice(waiting, _AT_ONCE)]:
        changes = [change for query in some for change in _changes(world, queries[query], base)]
        words, all_cases = _evaluated(world, base, changes)
        for query in some:
            word = all_cases
            for literal in query:
                held = words[abs(literal)]
                word &= held if literal > 0 else ~held
            if word:
                found.add(query)
    return found


def _changes(world: World, wished: Query, base: Model) -> Iterator[dict[int, int]]:
    """Regions for some subjects with which literals are likely to become true: by the first way to it, and by the last."""
    for way in (0, 1):
        allowed: dict[int, int] = {}
        waiting, looked_at = [*wished], 0
        while waiting and looked_at < _NEAR:
            wanted, looked_at = waiting.pop(), looked_at + 1
            node = world.graph.node(abs(wanted))
            if base.holds(wanted):
                continue
            if isinstance(node, Leaf):
                division = world.divisions[node.subject]
                mask = division.masks[node.asks] if wanted > 0 else division.everything & ~division.masks[node.asks]
                mask &= allowed.get(node.subject, division.everything)
                if mask:
                    allowed[node.subject] = mask
            elif wanted > 0:
                waiting += node
            else:
                waiting.append(-node[way])
        yield {subject: (mask & -mask).bit_length() - 1 for subject, mask in allowed.items()}


def _evaluated(world: World, base: Model, changes: Sequence[dict[int, int]]) -> tuple[list[int], int]:
    """For each node the cases in which it is true, as bits; and all cases."""
    all_cases = (1 << len(changes)) - 1
    regions = _regions(world, base, changes)
    used = [sum(1 << region for region in each) for each in regions]
    words = [0] * len(world.graph)
    words[TRUE] = all_cases
    for number in range(TRUE + 1, len(words)):
        node = world.graph.node(number)
        if isinstance(node, Leaf):
            mask = world.divisions[node.subject].masks[node.asks] & used[node.subject]
            while mask:
                words[number] |= regions[node.subject][(mask & -mask).bit_length() - 1]
                mask &= mask - 1
        else:
            one, other = node
            left = words[one] if one > 0 else ~words[-one]
            right = words[other] if other > 0 else ~words[-other]
            words[number] = left & right & all_cases
    return words, all_cases


def _regions(world: World, base: Model, changes: Sequence[dict[int, int]]) -> list[dict[int, int]]:
    """For each subject its regions, each with the cases in which it has that one."""
    all_cases = (1 << len(changes)) - 1
    regions: list[dict[int, int]] = [{} for _ in world.subjects]
    for case, change in enumerate(changes):
        for subject, region in change.items():
            regions[subject][region] = regions[subject].get(region, 0) | 1 << case
    for subject, changed in enumerate(regions):
        rest = all_cases
        for word in changed.values():
            rest &= ~word
        usual = base.regions[subject]
        changed[usual] = changed.get(usual, 0) | rest
    return regions
