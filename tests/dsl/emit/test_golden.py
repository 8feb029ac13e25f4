"""The Python that rules become, as a person reads it. After a change of the emitter, look at the difference and write it anew:
`python tests/dsl/emit/test_golden.py`, with the source folders and `tests` on the path.
"""

from __future__ import annotations

from pathlib import Path

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.typed import Block
from qpsmtpd.dsl.emit.emit import python_of
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Client, Envelope, Header, Resolver
from qpsmtpd.dsl.model.values import Delivery, Domain, DomainSet, Listing, Template
from qpsmtpd.dsl.model.verdicts import Verb
from typed_words import block, call, const, decide, no, read, rules, span, when

GOLDEN = Path(__file__).with_name("compiled_rules.txt")


@function(kind=Kind.GATE, on_error=OnError.DEFER)
def rcpthosts(domain: Domain, *, client: Client) -> bool:
    """Ours?"""
    return False


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, scope=Scope.CONNECTION)
async def dnsbl(zone: str, *, client: Client, resolver: Resolver) -> Listing | None:
    """Listed?"""
    return None


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=10.0)
async def local_user(domain: Domain) -> bool:
    """Somebody?"""
    return True


@function(kind=Kind.EFFECT)
def set_header(name: str, value: Template, *, header: Header) -> None:
    """Sets it."""


@function(kind=Kind.DELIVERY)
async def maildir(folder: str, *, envelope: Envelope) -> Delivery:
    """Delivers."""
    return Delivery(True, "ok")


def _set(name: str, operator: str, value: typed.Expr, line: int) -> typed.Set:
    return typed.Set(span(line), f"rules.q:{line}", read(name).name, operator, value)


def _connect() -> Block:
    zen = call(dnsbl, const("zen.example", t.TEXT), line=2)
    other = call(dnsbl, const("bl.example", t.TEXT), line=3)
    both = typed.Or(span(3), t.BOOL, read("trusted", "connect"), typed.Present(span(3), t.BOOL, other))
    return block(
        when(typed.Present(span(2), t.BOOL, zen), decide(Verb.DENY, "Refused", line=2, message=zen, reason=True)),
        when(both, _set("score", "+=", const(2.5), 3), unknown=(_set("karma", "-=", const(1), 4),)),
    )


def _rcpt() -> tuple[Block, ...]:
    bad = const(DomainSet(["bad.example"]), t.list_of(t.DOMAIN), line=11)
    helo = typed.Field(span(11), t.optional(t.DOMAIN), read("helo"), "domain")
    listed = typed.Contains(span(11), t.BOOL, typed.Default(span(11), t.DOMAIN, helo, const("", t.DOMAIN, 11)), bad)
    said = typed.Template(span(11), t.TEMPLATE, "{{ v0 }} is not you", (read("helo"),))
    known = typed.And(span(13), t.BOOL, call(local_user, read("domain"), line=13), no(read("relay")))
    return (
        block(
            when(read("relay", line=10), decide(Verb.SKIP, line=10)),
            when(listed, decide(Verb.DENY, line=11, message=said)),
        ),
        block(
            when(no(call(rcpthosts, read("domain"), line=12)), decide(Verb.DENY, line=12)),
            typed.Bind(span(13), "rules.q:13", "known_1", known),
            when(no(typed.Local(span(14), t.BOOL, "known_1")), decide(Verb.DENY, "No such user", line=14)),
        ),
    )


def _data_post() -> Block:
    score = read("score", "data_post")
    shown = typed.Template(span(21), t.TEMPLATE, "{{ v0 }}", (score,))
    high = typed.Compare(span(20), t.BOOL, ">=", score, const(5))
    medium = typed.Compare(span(22), t.BOOL, ">", score, const(2))
    header = typed.FunctionCall(span(21), t.NOTHING, set_header.__qpsmtpd__, (const("X-Score", t.TEXT), shown))  # type: ignore[attr-defined]
    log = typed.Log(span(23), "rules.q:23", const("medium", t.TEXT))
    return block(when(high, typed.Do(span(21), "rules.q:21", header), orelse=(when(medium, log),)))


def written() -> str:
    """A rules file with a little of everything."""
    deliver = typed.Do(span(30), "rules.q:30", call(maildir, const("Mail", t.TEXT), line=30))
    hooks = {"connect": (_connect(),), "rcpt": _rcpt(), "data_post": (_data_post(),), "queue": (block(deliver),)}
    return python_of(rules({"mx": hooks}))


def test_the_compiled_rules_read_as_they_did() -> None:
    assert written() == GOLDEN.read_text("utf-8")


def test_compiling_twice_gives_the_same_text() -> None:
    assert written() == written()


if __name__ == "__main__":
    GOLDEN.write_text(written(), "utf-8")
