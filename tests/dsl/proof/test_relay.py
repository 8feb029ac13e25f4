"""The relay proof, held against brute force: no program that it passes relays for strangers under any answers."""

from __future__ import annotations

import random

import pytest

from all_cases import Cases, Everywhere
from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.proof import relaying
from qpsmtpd.dsl.proof.hooks_walked import Walker
from qpsmtpd.dsl.proof.relay import Relay
from qpsmtpd.dsl.proof.solver import Budget
from small_rules import ATOMS, IPS, LISTS, Maker, Run, begin, rules, session, takes_relaying_back, transaction

PROGRAMS = 10_000
PARTS = 8
MOST = 50_000
"""Cases of a program; with more atoms it would have more, and gets fewer."""
ACCEPTED = ("accept", "fell through")


def chosen(chance: random.Random) -> list[str]:
    """Some atoms that together do not have too many cases."""
    names = ["gate", *chance.sample([name for name in ATOMS if name not in ("gate", "score", "password")], 7)]
    while _count(names) > MOST:
        names.pop()
    return names


def _count(names: list[str]) -> int:
    count = 1
    for name in names:
        count *= len(ATOMS[name])
    return count


def passes(blocks: tuple[x.Block, ...]) -> bool:
    made, findings = rules({"rcpt": blocks}), Findings()
    walker = Walker(made, Budget(100_000))
    hooks = walker.listener(made.listeners[0])
    relaying.prove(made.listeners[0], hooks, walker.firsts, findings)
    Relay(findings).prove(made.listeners[0], hooks)
    return not findings.errors


def in_every_case(blocks: tuple[x.Block, ...], names: list[str]) -> tuple[Everywhere, int]:
    """A run of the rules in every case, and which cases can be: a variable is true only where a run of the same rules made it so."""
    made = Cases(names)
    run = Everywhere(made)
    can_be = made.whole & ~run.state["flag"]
    if not takes_relaying_back(blocks):
        can_be &= ~made.within("authenticated", bool, False) | run.state["relay"]
    run.end("fell through", run.hook(blocks, can_be))
    return run, can_be


@pytest.mark.parametrize("part", range(PARTS))
def test_no_program_that_the_proof_passes_relays_for_strangers_under_any_answers(part: int) -> None:
    passed = 0
    for number in range(part * PROGRAMS // PARTS, (part + 1) * PROGRAMS // PARTS):
        chance = random.Random(number)
        names = chosen(chance)
        blocks = Maker(chance, names).blocks(guarded=True)
        if not passes(blocks):
            continue
        passed += 1
        run, _ = in_every_case(blocks, names)
        accepted = run.ended.get("accept", 0) | run.ended["fell through"]
        assert accepted & ~run.marked & ~run.state["relay"] == 0, (number, blocks)
        proved = run.within("authenticated", bool, False) | Everywhere(run.cases).state["relay"]
        by_address = run.granted & ~proved
        listed = run.within("ip", lambda ip: any(ip in networks for networks in LISTS.values()), IPS[-1])
        assert by_address & ~listed == 0, (number, blocks)
        assert not all(by_address & run.within("ip", lambda ip, one=one: ip == one, IPS[-1]) for one in IPS), (number, blocks)
    assert passed > PROGRAMS // PARTS // 4


def test_the_interpreter_of_all_cases_agrees_with_the_plain_one() -> None:
    for number in range(150):
        chance = random.Random(-number)
        names = chosen(chance)
        blocks = Maker(chance, names).blocks(guarded=True)
        everywhere, can_be = in_every_case(blocks, names)
        for place in range(number % 7, everywhere.cases.count, 1 + everywhere.cases.count // 60):
            if not can_be >> place & 1:
                continue
            case = everywhere.cases.case(place)
            begin(case)
            run = Run(session(case), transaction(case))
            verdict = run.hook(blocks)
            end = "fell through" if verdict is None else "lost" if verdict.code == 451 else verdict.verb.value
            assert everywhere.ended.get(end, 0) >> place & 1, (number, case, end)
            assert bool(everywhere.marked >> place & 1) == run.t.marked, (number, case)
            assert bool(everywhere.state["relay"] >> place & 1) == run.s.relay, (number, case)
