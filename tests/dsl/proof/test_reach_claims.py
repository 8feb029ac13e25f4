"""What is said to be dead is so: small random rules, run in many cases, never do what was said that they never do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.proof.hooks_walked import Walker
from qpsmtpd.dsl.proof.reach import Reach
from qpsmtpd.dsl.proof.solver import Budget
from qpsmtpd.dsl.syntax.tree import Span
from small_rules import ATOMS, Maker, Run, begin, outside_of_shadow, rules, session, takes_relaying_back, transaction

PROGRAMS = 600
PARTS = 4
CASES = 32
Hooks = dict[str, tuple[x.Block, ...]]
_NOT_IN_MAIL = ("gate", "local", "password")
_SAID = {
    "then": {"yes"},
    "always": {"no", "unknown"},
    "else": {"statement"},
    "unknown": {"statement"},
    "statement": {"statement"},
    "case": {"case"},
}
"""For each kind of claim what must not have been seen at its place."""


def claims(made: x.TypedRules) -> list[tuple[str, Span]]:
    """The places that are said to be dead."""
    reach = Reach(Findings())
    walker = Walker(made, Budget(100_000))
    for walked in walker.listener(made.listeners[0]).values():
        reach.look(walked)
    reach.report()
    return [place for place in reach.dead if place not in reach.alive]


def program(chance: random.Random) -> Hooks:
    names = chance.sample([name for name in ATOMS if name != "password"], 4)
    in_mail = [name for name in names if name not in _NOT_IN_MAIL] or ["trusted"]
    verbs = (Verb.ACCEPT, Verb.DENY, Verb.DEFER, Verb.SKIP)
    maker = Maker(chance, in_mail, hook="mail", verbs=verbs)
    mail = maker.blocks(depth=1)
    later = Maker(chance, names, lines=maker.lines)
    return {"mail": mail, "rcpt": later.blocks(depth=3)}


def some_cases(chance: random.Random, hooks: Hooks) -> Iterator[dict[str, Any]]:
    """Cases that can be: what no rule sets is as it was in the beginning."""
    blocks = tuple(block for each in hooks.values() for block in each)
    set_here = {s.target.name for b in blocks for s in outside_of_shadow(b.body) if isinstance(s, x.Set)}
    for _ in range(CASES):
        case = {name: chance.choice(values) for name, values in ATOMS.items()}
        if case["authenticated"] and not takes_relaying_back(blocks):
            case["relay"] = True
        if "flag" not in set_here:
            case["flag"] = False
        yield case


def seen_in(hooks: Hooks, case: dict[str, Any]) -> set[tuple[str, Span]]:
    """Everything that happens to a message with three recipients."""
    begin(case)
    s, t = session(case), transaction(case)
    seen: set[tuple[str, Span]] = set()
    for hook in ("mail", "rcpt", "rcpt", "rcpt"):
        Run(s, t, seen=seen).hook(hooks[hook])
    return seen


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_said_to_be_dead_never_happens(part: int) -> None:
    claimed = 0
    for number in range(part * PROGRAMS // PARTS, (part + 1) * PROGRAMS // PARTS):
        chance = random.Random(number)
        hooks = program(chance)
        dead = claims(rules(hooks))
        claimed += len(dead)
        for case in some_cases(chance, hooks) if dead else ():
            seen = seen_in(hooks, case)
            for kind, span in dead:
                if kind == "threshold":
                    assert len({w for w, at in seen if at == span and w.startswith("compared")}) < 2, (number, span, case)
                else:
                    assert not {(word, span) for word in _SAID[kind]} & seen, (number, kind, span, case, hooks)
    assert claimed > PROGRAMS // PARTS
