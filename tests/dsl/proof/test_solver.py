"""The solver against brute force: random graphs over subjects of every form."""

from __future__ import annotations

import itertools
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import DomainSet, NetworkSet
from qpsmtpd.dsl.proof.graph import FALSE, TRUE, Lit
from qpsmtpd.dsl.proof.solver import Budget, Spent
from qpsmtpd.dsl.proof.subjects import IS_TRUE, PRESENT, UNKNOWN, Ask, Form
from qpsmtpd.dsl.proof.world import World

ASKS: dict[Form, list[Ask]] = {
    Form.FLAG: [IS_TRUE, UNKNOWN],
    Form.MEMBERS: [("is", "pass"), ("is", "fail"), ("in", frozenset({"fail", "none"})), UNKNOWN],
    Form.ORDERED: [("below", 5), ("upto", 5), ("is", 5), ("below", 7.5), ("upto", 20), PRESENT],
    Form.NETWORK: [
        ("in", NetworkSet([ip_network("10.0.0.0/8")])),
        ("in", NetworkSet([ip_network("10.1.0.0/16"), ip_network("2001:db8::/32")])),
        ("in", NetworkSet([ip_network("0.0.0.0/1"), ip_network("128.0.0.0/1")])),
        ("is", ip_address("10.1.2.3")),
    ],
    Form.DOMAIN: [
        ("is", "a.example.org"),
        ("in", DomainSet([".example.org"])),
        ("in", DomainSet(["a.example.org", ".net"])),
        ("in", DomainSet([".b.example.org"])),
        PRESENT,
    ],
    Form.PLAIN: [("is", "a"), ("in", frozenset({"a", "b"})), ("in", frozenset({"b", "c"}))],
}
MEMBERS = ("pass", "fail", "none")

questions = st.sampled_from([(form, number, ask) for form, asks in ASKS.items() for number in (1, 2) for ask in asks])
shapes = st.recursive(
    questions,
    lambda inner: st.tuples(st.sampled_from(["and", "or", "not"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=12,
)


def literal(world: World, shape: Any) -> Lit:
    if shape[0] == "not":
        return -literal(world, shape[1][0])
    if shape[0] in ("and", "or"):
        parts = [literal(world, part) for part in shape[1]]
        return world.graph.every(parts) if shape[0] == "and" else world.graph.some(parts)
    form, number, ask = shape
    return world.ask(world.subject((form, number), form, MEMBERS if form is Form.MEMBERS else ()), ask)


def by_force(world: World, *wanted: Lit) -> bool:
    """Whether some choice of regions makes all of these true."""
    choices = [range(len(division.examples)) for division in world.divisions]
    return any(
        all(model.holds(each) for each in wanted)
        for regions in itertools.product(*choices)
        for model in [world.model(dict(enumerate(regions)))]
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(shapes, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_what_can_be_true_together_is_what_some_choice_of_regions_makes_true(wanted: list[Any], chance: Any) -> None:
    world = World(Budget(100_000))
    literals = [literal(world, shape) for shape in wanted]
    while len(world.divisions) > 4:  # brute force has its limits
        literals, world = literals[:-1], World(Budget(100_000))
        wanted = wanted[:-1]
        if not wanted:
            return
        literals = [literal(world, shape) for shape in wanted]
    for _ in range(3):
        some = [each * chance.choice([1, -1]) for each in chance.sample(literals, chance.randint(1, len(literals)))]
        model = world.possible(*some)
        assert (model is not None) == by_force(world, *some)
        if model is not None:
            assert all(model.holds(each) for each in some)
        else:
            core = world.against(*some)
            assert core is not None and set(core) <= {*some, FALSE}
            assert not by_force(world, *core)


def holes(world: World, pigeons: int) -> list[Lit]:
    """More pigeons than holes: impossible, and long to show."""
    sits = [[world.flag((p, h)) for h in range(pigeons - 1)] for p in range(pigeons)]
    graph = world.graph
    somewhere = [graph.some(row) for row in sits]
    alone = [-graph.both(a[h], b[h]) for a, b in itertools.combinations(sits, 2) for h in range(pigeons - 1)]
    return [graph.every(somewhere), graph.every(alone)]


def test_a_hard_question_is_answered_when_there_are_steps_enough() -> None:
    world = World(Budget(1_000_000))
    assert world.possible(*holes(world, 5)) is None


def test_when_the_steps_are_spent_nothing_is_claimed() -> None:
    world = World(Budget(500))
    with pytest.raises(Spent):
        world.possible(*holes(world, 6))


def test_the_same_question_takes_the_same_steps() -> None:
    spent = []
    for _ in range(2):
        world = World(Budget(1_000_000))
        world.possible(*holes(world, 5))
        spent.append(world.budget.steps)
    assert spent[0] == spent[1]


def test_what_follows_from_the_form_alone_is_worked_out_at_once() -> None:
    world = World(Budget(0))
    a, b = world.flag("a"), world.flag("b")
    both, either = world.graph.both, world.graph.either
    assert both(a, -a) == FALSE
    assert either(a, -a) == TRUE
    assert both(a, both(b, a)) == both(b, a)
    assert both(a, -both(a, b)) == both(a, -b)
    assert both(a, -both(-a, b)) == a
