"""The relay proof, held against brute force: no program that it passes relays for strangers under any answers."""

import itertools
import time
from ipaddress import IPv4Network, IPv6Network

from hypothesis import given, settings
from hypothesis import strategies as st

from qpsmtpd.dsl.check import safety
from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import holds_everyone
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.hooks import readable
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN, Domain, NetworkSet, Unknown, prefix
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

HERE = Span("rules.q", 1, 1, 1, 2)
OWN = NetworkSet([IPv4Network("192.0.2.0/24")])


@function(kind=Kind.GATE, on_error=OnError.DEFER)
def gate(domain: Domain) -> bool:
    """Says whether a domain is ours."""
    raise AssertionError("the proof never calls it")


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=1.0)
def listed(domain: Domain) -> bool:
    """Says whether a domain is listed."""
    raise AssertionError("the proof never calls it")


def read(name: str, hook: str = "rcpt") -> x.Read:
    row = readable(name, hook)
    assert row is not None
    return x.Read(HERE, row.type, row)


def call(code: object, domain: x.Expr) -> x.FunctionCall:
    return x.FunctionCall(HERE, t.BOOL, code.__qpsmtpd__, (domain,))


SENDER_DOMAIN = x.Field(HERE, t.DOMAIN, read("sender"), "domain")
ATOMS: dict[str, x.Expr] = {
    "gate": call(gate, read("domain")),
    "gate of recipient.domain": call(gate, x.Field(HERE, t.DOMAIN, read("recipient"), "domain")),
    "wrong gate": call(gate, SENDER_DOMAIN),
    "listed": call(listed, SENDER_DOMAIN),
    "relay": read("relay"),
    "trusted": read("trusted"),
    "own": x.Contains(HERE, t.BOOL, read("ip"), x.Const(HERE, t.list_of(t.NETWORK), OWN)),
    "anybody": x.Contains(HERE, t.BOOL, read("ip"), x.Const(HERE, t.list_of(t.NETWORK), NetworkSet([IPv4Network("0.0.0.0/0")]))),
}
ANSWERS = {
    "gate": (True, False, DEFER),
    "wrong gate": (True, False, DEFER),
    "listed": (True, False, UNKNOWN),
    "relay": (False, True),
    "trusted": (True, False),
    "own": (True, False),
    "anybody": (True,),
}

atoms = st.sampled_from(list(ATOMS.values()))
conditions = st.recursive(
    atoms | st.just(x.Const(HERE, t.BOOL, True)),
    lambda inner: st.one_of(
        inner.map(lambda c: x.Not(HERE, t.BOOL, c)),
        st.tuples(inner, inner).map(lambda p: x.And(HERE, t.BOOL, *p)),
        st.tuples(inner, inner).map(lambda p: x.Or(HERE, t.BOOL, *p)),
        inner.map(lambda c: x.Compare(HERE, t.BOOL, "!=", c, x.Const(HERE, t.BOOL, True))),
    ),
    max_leaves=4,
)
verdicts = st.sampled_from([Verb.ACCEPT, Verb.DENY, Verb.DEFER, Verb.DISCARD, Verb.SKIP]).map(
    lambda verb: x.Decide(HERE, "r", verb, 250, "2.0.0", "", False)
)
relay_row = readable("relay", "rcpt")
assert relay_row is not None
assignments = st.one_of(st.booleans().map(lambda v: x.Const(HERE, t.BOOL, v)), atoms).map(
    lambda value: x.Set(HERE, "r", relay_row, "=", value)
)
simple = verdicts | assignments


def bodies(inner: st.SearchStrategy[x.Stmt]) -> st.SearchStrategy[tuple[x.Stmt, ...]]:
    return st.lists(inner, max_size=3).map(tuple)


def choices(inner: st.SearchStrategy[x.Stmt]) -> st.SearchStrategy[x.Stmt]:
    unknown = st.none() | bodies(inner)
    return st.builds(lambda c, a, b, u: x.Choose(HERE, "r", c, a, b, u), conditions, bodies(inner), bodies(inner), unknown)


blocks = st.lists(bodies(st.recursive(simple, choices, max_leaves=6)).map(lambda b: x.Block(HERE, b)), min_size=1, max_size=3)


class Run:
    """One run of the rules under one choice of answers; says whether it let a stranger's mail through."""

    def __init__(self, answers: dict[str, bool | Unknown]) -> None:
        self.answers = dict(answers, **{"gate of recipient.domain": answers["gate"]})
        self.gated = False
        # a client that relays when the hook begins has proved it in an earlier one
        self.proved = answers["own"] is True or answers["relay"] is True
        self.unproved_relay = False

    def value(self, c: x.Expr) -> bool | Unknown:
        if isinstance(c, x.Const):
            return bool(c.value)
        if isinstance(c, x.Not):
            v = self.value(c.operand)
            return v if isinstance(v, Unknown) else not v
        if isinstance(c, x.Compare):
            v = self.value(c.left)
            return v if isinstance(v, Unknown) else v is not True
        if isinstance(c, x.And | x.Or):
            return self.both(c)
        name = next(k for k, v in ATOMS.items() if v is c)
        answer = self.answers[name]
        if name.startswith("gate") and answer is True:
            self.gated = True
        return answer

    def both(self, c: x.And | x.Or) -> bool | Unknown:
        decisive = isinstance(c, x.Or)
        left = self.value(c.left)
        if left is decisive:
            return decisive
        right = self.value(c.right)
        if right is decisive:
            return decisive
        unknown = [v for v in (left, right) if isinstance(v, Unknown)]
        if unknown:
            return DEFER if any(u.defer for u in unknown) else UNKNOWN
        return not decisive

    def body(self, body: tuple[x.Stmt, ...]) -> str | None:
        for statement in body:
            end = self.statement(statement)
            if end:
                return end
        return None

    def statement(self, s: x.Stmt) -> str | None:
        if isinstance(s, x.Decide):
            return s.verb.value
        if isinstance(s, x.Set):
            v = self.value(s.value)
            if isinstance(v, Unknown):
                return "defer" if v.defer else None
            if v and not self.proved:
                self.unproved_relay = True
            self.answers["relay"] = v
            return None
        assert isinstance(s, x.Choose)
        v = self.value(s.condition)
        if isinstance(v, Unknown):
            if s.unknown is not None:
                return self.body(s.unknown)
            return "defer" if v.defer else None
        return self.body(s.then if v else s.orelse)

    def relays_for_strangers(self, program: list[x.Block]) -> bool:
        end = None
        for block in program:
            end = self.body(block.body)
            if end not in (None, "skip"):
                break
        accepted = end in (None, "skip", "accept")
        marked = self.gated or self.answers["relay"] is True
        return self.unproved_relay or (accepted and not marked)


def passes(program: list[x.Block]) -> bool:
    findings = Findings()
    listener = x.TypedListener("mx", HERE, ListenerSettings(), {"rcpt": tuple(program)})
    safety.prove(x.TypedRules(ServerSettings(), (listener,), "/", "0"), findings)
    return not findings.errors


@settings(max_examples=400, deadline=None)
@given(blocks)
def test_no_program_that_the_proof_passes_relays_for_strangers_under_any_answers(program: list[x.Block]) -> None:
    if passes(program):
        for answers in itertools.product(*ANSWERS.values()):
            assert not Run(dict(zip(ANSWERS, answers, strict=True))).relays_for_strangers(program)


GATE = ATOMS["gate"]
DENY = x.Decide(HERE, "r", Verb.DENY, 550, "5.7.1", "", False)
ACCEPT = x.Decide(HERE, "r", Verb.ACCEPT, 250, "2.1.5", "", False)


def unless(condition: x.Expr, *body: x.Stmt) -> x.Block:
    return x.Block(HERE, (x.Choose(HERE, "r", x.Not(HERE, t.BOOL, condition), body, (), None),))


def test_the_example_line_passes() -> None:
    assert passes([unless(GATE, DENY)])


def test_a_gate_or_relay_in_either_order_passes() -> None:
    assert passes([unless(x.Or(HERE, t.BOOL, read("relay"), GATE), DENY)])


def test_an_accept_above_the_gate_is_refused() -> None:
    assert not passes([x.Block(HERE, (ACCEPT,)), unless(GATE, DENY)])


def test_a_gate_on_the_sender_is_refused() -> None:
    assert not passes([unless(ATOMS["wrong gate"], DENY)])


def test_trusted_in_place_of_a_gate_is_refused() -> None:
    assert not passes([unless(read("trusted"), DENY)])


def test_no_rules_at_rcpt_are_refused() -> None:
    findings = Findings()
    listener = x.TypedListener("mx", HERE, ListenerSettings(), {})
    safety.prove(x.TypedRules(ServerSettings(), (listener,), "/", "0"), findings)
    assert [f.code for f in findings.sorted()] == ["Q501"]


def test_a_lookup_beside_the_gate_that_may_fail_is_refused() -> None:
    """`unless listed or gate`: when the list does not answer, the statement does nothing and nobody has vouched."""
    assert not passes([unless(x.And(HERE, t.BOOL, ATOMS["listed"], GATE), DENY)])


def test_two_halves_of_the_address_space_are_everybody() -> None:
    assert holds_everyone(NetworkSet([IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1")]))
    assert holds_everyone(NetworkSet([IPv6Network("2000::/4"), IPv6Network("3000::/4")]))
    assert not holds_everyone(NetworkSet([IPv6Network("fc00::/7"), IPv6Network("2000::/4"), IPv6Network("8000::/1")]))
    assert not holds_everyone(NetworkSet([IPv4Network("0.0.0.0/1"), IPv4Network("64.0.0.0/2"), IPv4Network("128.0.0.0/2")]))
    assert not holds_everyone(OWN)


def test_a_list_of_very_many_networks_is_looked_at_in_no_time():
    many = NetworkSet.of_prefixes((prefix(number, 32) for number in range(10 << 24, (10 << 24) + 200_000)), ())
    begun = time.process_time()
    assert not holds_everyone(many)
    assert time.process_time() - begun < 0.1
