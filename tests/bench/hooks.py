"""What a compiled hook costs beside one written by hand.

Twenty conditions of the usual kinds, none of which holds, so that all of them are evaluated.
"""

from __future__ import annotations

import time
import timeit
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.values import DomainSet, NetworkSet
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from qpsmtpd.dsl.syntax.tree import Span
from typed_words import Session, Transaction, block, const, decide, program, read, when

HERE = Span("rules.q", 1, 1, 1, 9)
NETWORKS = NetworkSet([IPv4Network("192.0.2.0/24")])
DOMAINS = DomainSet(["bad.example", "worse.example"])
DENY = verdict(Verb.DENY, "rules.q:1", 550, "5.7.1", "No")
ROUNDS, REPEATS = 50_000, 9


def compiled() -> Any:
    """Five times the same four conditions, through the compiler."""
    network = typed.Contains(HERE, t.BOOL, read("ip"), const(NETWORKS, t.list_of(t.NETWORK)))
    domain = typed.Contains(HERE, t.BOOL, read("domain"), const(DOMAINS, t.list_of(t.DOMAIN)))
    score = typed.Compare(HERE, t.BOOL, ">=", read("score"), const(20))
    flags = typed.And(HERE, t.BOOL, read("relay"), typed.Not(HERE, t.BOOL, read("trusted")))
    conditions = [network, domain, score, flags] * 5
    return program("rcpt", block(*(when(one, decide(Verb.DENY)) for one in conditions))).listeners[0].hooks["rcpt"]


def by_hand() -> Any:
    """The same as a person would write them in Python."""
    one = (
        "    if s.ip in NETWORKS:\n        return DENY\n"
        "    if t.recipient.domain in DOMAINS:\n        return DENY\n"
        "    if s.score >= 20:\n        return DENY\n"
        "    if s.relay and not s.trusted:\n        return DENY\n"
    )
    names: dict[str, Any] = {"NETWORKS": NETWORKS, "DOMAINS": DOMAINS, "DENY": DENY}
    exec("def rcpt(s, t):\n" + one * 5, names)  # noqa: S102 - the text above
    return names["rcpt"]


def nanoseconds() -> dict[str, float]:
    """What a run of each takes, measured in alternation; the least counts."""
    session, transaction = Session(ip=IPv4Address("203.0.113.9")), Transaction()
    hooks = {"compiled": compiled(), "by hand": by_hand()}
    best = dict.fromkeys(hooks, float("inf"))
    for _ in range(REPEATS):
        for name, hook in hooks.items():
            spent = timeit.timeit(lambda hook=hook: hook(session, transaction), timer=time.process_time, number=ROUNDS)
            best[name] = min(best[name], spent / ROUNDS * 1e9)
    return best
