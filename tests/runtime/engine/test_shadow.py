"""Rules in shadow: they see what is, their would-haves are recorded and counted, and nothing they do is seen outside."""

from __future__ import annotations

import asyncio

import pytest

from qpsmtpd.dsl.model.functions import OnError, Scope
from qpsmtpd.dsl.model.program import Site
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DENY, ENVELOPE, Talk, ours

_CONTENT = b"Subject: x\r\n\r\ntext\r\n"
_SITE = Site("dnsbl", "rules.q:3", OnError.UNKNOWN, 5.0, Scope.CONNECTION)


def _shadowed(code, key=""):
    """A hook whose only rule is in shadow."""
    return lambda s, t: s.would("shadow@7", code, t, key)


def _set_everything(s, t):
    s.score = round(s.score + 2.5, 2)
    s.symbols = (*s.symbols, "X")
    s.karma += 1
    s.relay = s.trusted = True
    s.keep_for("rcpt", DENY)
    s.vars.seen = 1
    t.vars.spam = True
    t.marked = True
    return DENY


def _talk(**hooks):
    return Talk(connection_vars={"seen": 0}, transaction_vars={"spam": False}, **hooks)


def test_nothing_that_shadowed_rules_do_is_seen_outside():
    talk = _talk(mail=_shadowed(_set_everything), rcpt=_shadowed(_set_everything))
    assert talk.say(*ENVELOPE)[1:] == ["250 2.1.0", "451 4.7.1"]
    session, transaction = talk.session, talk.session.transaction
    assert (session.score, session.symbols, session.karma, session.relay, session.trusted) == (0, (), 0, False, False)
    assert not session.pending and session.vars.seen == 0 and not transaction.vars.spam and not transaction.marked


def test_what_they_would_have_done_is_recorded_and_counted():
    talk = Talk(rcpt=lambda s, t: (s.would("shadow@7", lambda s, t: DENY, t, ""), ours(s, t))[1])
    talk.say(*ENVELOPE, b"RCPT TO:<c@example.org>")
    record = {
        "event": "would-have",
        "level": "info",
        "session": talk.session.session_id,
        "shadow": "shadow@7",
        "hook": "rcpt",
        "rule": "rules.q:1",
        "verdict": "deny",
        "code": 550,
        "text": "No",
    }
    assert talk.journal.named("would-have") == [record, record]
    assert talk.session.services.would_have == {("rules.q:1", "deny"): 2}


def test_a_verdict_kept_in_shadow_is_a_would_have_and_no_pending_one():
    talk = _talk(connect=_shadowed(lambda s, t: s.keep_for("rcpt", DENY)))
    assert [(r["at"], r["hook"], r["verdict"]) for r in talk.journal.named("would-have")] == [("rcpt", "connect", "deny")]
    assert talk.journal.named("pending") == []


def test_shadowed_rules_see_what_is():
    seen = []

    def connect(s, t):
        s.score, s.symbols, s.trusted, s.vars.seen = 3, ("A",), True, 7

    def look(s, t):
        seen.append((s.score, s.symbols, s.trusted, s.vars.seen, str(s.ip), s.helo, t.sender.text, t.recipient.text))

    talk = _talk(connect=connect, rcpt=_shadowed(look, "policy"))
    talk.say(*ENVELOPE)
    assert seen == [(3, ("A",), True, 7, "203.0.113.9", "client.example.net", "a@example.net", "b@example.org")]


def test_a_fault_in_shadow_is_a_record_and_harms_nothing():
    def raising(s, t):
        raise KeyError("oops")

    async def raising_later(s, t):
        raise KeyError("oops")

    talk = Talk(mail=_shadowed(raising), rcpt=lambda s, t: (s.would("r", raising, t, "p"), ours(s, t))[1])
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert [(r["error"], r["hook"], r["shadow"]) for r in talk.journal.named("error")] == [
        ("KeyError", "mail", "shadow@7"),
        ("KeyError", "rcpt", "r"),
    ]


async def test_shadowed_rules_may_wait_and_share_answers_with_the_real_ones():
    asked = []

    async def answer():
        asked.append(1)
        return "listed"

    async def shadowed(s, t):
        return verdict(Verb.DENY, "r", 550, "5.7.1", await s.ask(_SITE, ("zen",), answer))

    async def connect(s, t):
        await s.would_wait("shadow@7", shadowed, t, "policy")
        await s.would_wait("shadow@8", shadowed, t, "")
        assert await s.ask(_SITE, ("zen",), answer) == "listed"

    talk = Talk(connect=connect)
    await talk.settle()
    assert asked == [1]
    assert [r["text"] for r in talk.journal.named("would-have")] == ["listed", "listed"]
    assert talk.journal.named("error") == []


async def test_a_fault_of_shadowed_rules_that_wait_harms_nothing_either():
    async def raising(s, t):
        await asyncio.sleep(0)
        raise KeyError("oops")

    async def mail(s, t):
        await s.would_wait("shadow@7", raising, t, "")

    talk = Talk(mail=mail)
    talk.say(*ENVELOPE[:2])
    assert await talk.settle() == b"250 2.1.0 Sender ok\r\n"
    assert [r["error"] for r in talk.journal.named("error")] == ["KeyError"]


async def test_an_early_talker_is_seen_in_shadow_and_treated_as_ever():
    async def shadowed(s, t):
        return DENY if await s.talked_early(60) else None

    async def connect(s, t):
        await s.would_wait("shadow@7", shadowed, t, "")

    talk = Talk(connect=connect)
    settling = asyncio.ensure_future(talk.settle())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    talk.send(b"EHLO x\r\n")
    assert (await settling).startswith(b"554 5.5.0")
    assert len(talk.journal.named("would-have")) == 1


def _step(amount):
    def step(s, t):
        s.score = round(s.score + amount, 2)
        s.symbols = (*s.symbols, f"S{amount}")
        s.vars.seen += 1

    return step


class Trace:
    """A policy in shadow that adds `amount` at some hooks, and tells what it sees."""

    def __init__(self, key, **amounts):
        self.seen = []
        self.hooks = {hook: self._hook(key, amount) for hook, amount in amounts.items()}

    def _hook(self, key, amount):
        def shadowed(s, t):
            self.seen.append((s.hook, s.score, s.vars.seen))
            if amount:
                _step(amount)(s, t)

        return lambda s, t: s.would("shadow@7", shadowed, t, key)


def test_a_policy_in_shadow_finds_again_what_it_has_set():
    trace = Trace("policy", connect=1, helo=10, mail=100, data=0)
    talk = _talk(**trace.hooks)
    talk.say(b"EHLO x", *ENVELOPE[1:2])
    talk.say(b"RSET", *ENVELOPE[1:2])
    talk.say(b"EHLO y", *ENVELOPE[1:2])
    assert trace.seen == [
        ("connect", 0, 0),
        ("helo", 1, 1),
        ("mail", 11, 2),
        ("mail", 11, 3),  # what it added in a transaction is gone with it, a variable of the connection is not
        ("helo", 1, 1),  # what it added at HELO is gone with that
        ("mail", 11, 2),
    ]


def test_other_shadowed_rules_see_nothing_of_it():
    trace = Trace("", connect=1, helo=10, mail=100)
    talk = _talk(**trace.hooks)
    talk.say(*ENVELOPE[:2])
    assert [(score, seen) for _, score, seen in trace.seen] == [(0, 0)] * 3


def test_a_policy_in_shadow_sees_what_real_rules_add_as_well():
    trace = Trace("policy", connect=1, mail=10, data=0)
    shadow_mail = trace.hooks["mail"]

    def mail(s, t):
        s.score += 0.5
        s.symbols = (*s.symbols, "REAL")
        shadow_mail(s, t)
        s.score += 0.25

    talk = _talk(**{**trace.hooks, "mail": mail})
    talk.say(*ENVELOPE, b"DATA")
    assert [score for _, score, _ in trace.seen] == [0, 1.5, 11.75]
    assert talk.session.score == 0.75 and talk.session.symbols == ("REAL",)


def test_variables_of_the_transaction_die_with_it_in_shadow_too():
    seen = []

    def shadowed(s, t):
        seen.append(t.vars.spam)
        t.vars.spam = True

    talk = _talk(mail=_shadowed(shadowed, "p"), rcpt=lambda s, t: (s.would("r", shadowed, t, "p"), ours(s, t))[1])
    talk.say(*ENVELOPE, b"RSET", b"MAIL FROM:<b@example.net>")
    assert seen == [False, True, False]


@pytest.mark.parametrize("hook", ["denied", "noop"])
def test_what_lasts_for_nothing_in_the_open_lasts_for_nothing_in_shadow(hook):
    trace = Trace("policy", **{hook: 5, "mail": 0})
    talk = _talk(**trace.hooks)
    talk.say(b"EHLO x", b"NOOP", *ENVELOPE[1:2], b"RCPT TO:<x@nowhere.example>", b"RSET", b"NOOP", *ENVELOPE[1:2])
    assert [score for at, score, _ in trace.seen if at == "mail"] == [0, 0]


def test_a_log_in_shadow_says_so():
    talk = Talk(mail=_shadowed(lambda s, t: s.note("rules.q:4", "hello")))
    talk.say(*ENVELOPE[:2])
    assert [(r["text"], r["shadow"]) for r in talk.journal.named("rule-log")] == [("hello", "shadow@7")]


@pytest.mark.parametrize("reason", ["trusted", "relay"])
def test_a_verdict_kept_in_shadow_is_dropped_without_a_record(reason):
    def shadowed(s, t):
        s.keep_for("mail", DENY)
        assert s.enforced("mail") is DENY
        setattr(s, reason, True)
        assert s.enforced("mail") is None and not s.pending
        s.keep_for("mail", DENY)
        s.keep_for("mail", DENY)

    talk = Talk(mail=_shadowed(shadowed))
    talk.say(*ENVELOPE[:2])
    assert [r["event"] for r in talk.journal.all] == ["would-have", "would-have"]
