"""Hooks that only look on: what they see, when, and that they change nothing."""

from __future__ import annotations

import asyncio

import pytest

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Size
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DEFER, DENY, DISCARD, ENVELOPE, OUR_DOMAIN, Talk, codes, ours

_CONTENT = b"Subject: x\r\n\r\ntext\r\n"
_BYE = verdict(Verb.DENY, "r", 550, "5.7.1", "Go away", disconnect=True)


def _always(answer):
    return lambda s, t: answer


class Watching(Talk):
    """A connection whose refusals and acceptances are written down."""

    def __init__(self, settings=None, **hooks):
        self.seen = []
        watch = {"denied": self._see, "accepted": self._see}
        super().__init__(settings, **{**watch, **hooks})

    def _see(self, s, t):
        said = s.verdict
        self.seen.append((said.hook, said.verb, said.code, said.rule))


def test_everything_that_was_accepted_is_seen_in_order():
    talk = Watching()
    talk.message(_CONTENT)
    assert talk.seen == [
        ("mail", "accept", 250, ""),
        ("rcpt", "accept", 250, ""),
        ("data_post", "accept", 250, ""),
        ("queue", "accept", 250, "rules.q:4"),
    ]


@pytest.mark.parametrize("hook", ["pre_connection", "connect", "helo", "mail", "rcpt", "data", "data_headers_end", "queue_pre"])
@pytest.mark.parametrize("answer", [DENY, DEFER, _BYE])
def test_a_refusal_is_seen_once_with_its_hook_and_rule(hook, answer):
    talk = Watching(**{hook: _always(answer)})
    for command in (*ENVELOPE, b"DATA", _CONTENT + b"."):
        if not talk.closed and hook not in [seen[0] for seen in talk.seen]:
            talk.send(command + b"\r\n")
    assert [seen for seen in talk.seen if seen[1] != "accept"] == [(hook, answer.verb.value, answer.code, answer.rule)]
    assert talk.closed == (answer.disconnect or hook in ("pre_connection", "connect"))


def test_what_the_engine_refuses_is_seen_too():
    talk = Watching(ServerSettings(max_size=Size(10)), rcpt=ours, queue=_always(None))
    talk.say(*ENVELOPE[:2], b"RCPT TO:<x@nowhere.example>", ENVELOPE[2], b"DATA")
    talk.send(b"far too long\r\n.\r\n")
    talk.message(b"short\r\n")
    refused = [seen[:3] for seen in talk.seen if seen[1] != "accept"]
    assert refused == [("rcpt", "deny", 550), ("data_post", "deny", 552), ("queue", "defer", 451)]


def test_errors_of_syntax_and_order_are_no_refusals():
    talk = Watching()
    talk.say(b"RCPT TO:<x@y.example>", b"MAIL", b"FOO", b"EHLO", b"NOOP x")
    assert talk.seen == []


@pytest.mark.parametrize(
    ("hook", "seen"),
    [("rcpt", ("rcpt", "discard")), ("data", ("data", "discard")), ("data_post", ("data_post", "discard"))],
)
def test_a_discarded_message_was_accepted_where_it_was_decided(hook, seen):
    talk = Watching(**{hook: _always(DISCARD)})
    talk.message(_CONTENT)
    assert seen in [each[:2] for each in talk.seen]


def test_rules_that_look_on_cannot_decide_or_set_anything_but_karma():
    def denied(s, t):
        s.score += 5
        s.symbols = (*s.symbols, "X")
        s.relay = s.trusted = True
        s.keep_for("rcpt", DENY)
        s.karma -= 1
        return DENY

    talk = Talk(denied=denied)
    talk.say(*ENVELOPE[:2])
    assert talk.say(b"RCPT TO:<x@nowhere.example>", b"RCPT TO:<y@nowhere.example>") == ["550 5.7.1"] * 2
    session = talk.session
    assert (session.score, session.symbols, session.relay, session.trusted, session.pending) == (0, (), False, False, False)
    assert session.karma == -2


def test_rules_that_look_on_see_the_score_of_their_moment():
    seen = []

    def rcpt(s, t):
        s.score += 3
        return ours(s, t)

    talk = Talk(
        rcpt=rcpt, **{hook: (lambda s, t, hook=hook: seen.append((hook, s.score))) for hook in ("accepted", "reset_transaction")}
    )
    talk.message(_CONTENT)
    assert seen == [("accepted", 0), ("accepted", 3), ("accepted", 3), ("accepted", 3), ("reset_transaction", 3)]
    assert talk.session.score == 0


def test_rules_that_raise_while_they_look_on_harm_nothing():
    def raising(s, t):
        raise KeyError("x")

    talk = Talk(**dict.fromkeys(("denied", "accepted", "queue_post", "reset_transaction", "disconnect"), raising))
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert talk.say(*ENVELOPE[1:2], b"RCPT TO:<x@nowhere.example>", b"QUIT")[1:] == ["550 5.7.1", "221 2.0.0"]
    talk.machine.lost()
    assert len(talk.journal.named("error")) == 10
    assert len(talk.journal.named("disconnect")) == 1


def _ends():
    seen = []
    return seen, Talk(reset_transaction=lambda s, t: seen.append((t.sender.text, [r.text for r in t.recipients])))


@pytest.mark.parametrize("last", [b"RSET", b"EHLO again", b"HELO again"])
def test_a_transaction_that_is_reset_is_seen_with_its_envelope(last):
    seen, talk = _ends()
    talk.say(*ENVELOPE, last)
    assert seen == [("a@example.net", ["b@example.org"])]


def test_every_transaction_ends_once():
    seen, talk = _ends()
    talk.message(_CONTENT)
    talk.say(b"RSET", b"EHLO x", b"RSET")
    talk.say(*ENVELOPE[1:2])
    talk.machine.lost()
    assert seen == [("a@example.net", ["b@example.org"]), ("a@example.net", [])]


def test_a_transaction_whose_sender_is_refused_ends_too():
    seen = []
    talk = Talk(mail=_always(DENY), reset_transaction=lambda s, t: seen.append(t.sender.text))
    talk.say(*ENVELOPE[:2])
    assert seen == ["a@example.net"]


def test_a_refused_helo_ends_no_transaction():
    seen, talk = _ends()
    talk.machine.setup.hooks["helo"] = lambda s, t: DENY if s.helo == "bad" else None
    assert talk.say(*ENVELOPE, b"EHLO bad", b"DATA")[3:] == ["550 5.7.1", "354"]
    assert seen == []


def test_after_the_delivery_the_rules_see_its_answer_and_the_message():
    seen = []

    def queue_post(s, t):
        seen.append((t.queued, t.message.header.subject, t.message.size, [r.domain for r in t.recipients]))
        return DENY

    talk = Talk(queue_post=queue_post)
    assert talk.message(_CONTENT) == "250 2.0.0"
    assert seen == [("Delivered", "x", len(_CONTENT), [OUR_DOMAIN])]


@pytest.mark.parametrize("hook", ["data", "data_post", "queue"])
@pytest.mark.parametrize("answer", [DENY, DISCARD])
def test_what_was_not_delivered_is_not_seen_after_the_delivery(hook, answer):
    seen = []
    talk = Talk(queue_post=lambda s, t: seen.append(t), **{hook: _always(answer)})
    talk.say(*ENVELOPE, b"DATA")
    talk.send(_CONTENT + b".\r\n")
    assert seen == []


async def test_rules_that_look_on_may_wait_and_the_client_waits_for_nothing_but_its_next_answer():
    seen = []

    async def look(s, t):
        before = s.hook
        await asyncio.sleep(0)
        seen.append((before, None if s.verdict is None else s.verdict.hook))

    talk = Talk(**dict.fromkeys(("denied", "accepted", "queue_post", "reset_transaction", "disconnect"), look))
    talk.say(b"EHLO x")
    group = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<x@nowhere.example>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
    assert codes(talk.send(group)) == ["250"]
    assert codes(await talk.settle()) == ["550", "250", "354"]
    assert codes(talk.send(_CONTENT + b".\r\nQUIT\r\n")) == ["250"]
    assert codes(await talk.settle()) == ["221"]
    talk.machine.lost()
    await talk.settle()
    assert seen == [
        ("accepted", "mail"),
        ("denied", "rcpt"),
        ("accepted", "rcpt"),
        ("accepted", "data_post"),
        ("queue_post", None),
        ("accepted", "queue"),
        ("reset_transaction", None),
        ("disconnect", None),
    ]
    assert len(talk.journal.named("disconnect")) == 1


async def test_who_is_refused_and_goes_at_once_is_seen_all_the_same():
    seen = []

    async def denied(s, t):
        await asyncio.sleep(0)
        seen.append(s.verdict.hook)

    talk = Talk(connect=_always(DENY), denied=denied)
    assert not talk.closed
    assert talk.machine.busy
    talk.machine.lost()
    await talk.settle()
    assert seen == ["connect"] and talk.closed
    assert [r["reason"] for r in talk.journal.named("disconnect")] == ["refused"]


async def test_a_connection_that_is_closed_stays_closed_while_rules_look_on():
    async def denied(s, t):
        await asyncio.sleep(0)

    talk = Talk(mail=_always(_BYE), denied=denied)
    talk.say(*ENVELOPE[:2])
    assert talk.send(b"NOOP\r\n") == b"" and await talk.settle() == b""
    assert talk.closed and talk.send(b"NOOP\r\n") == b""


async def test_the_message_is_there_until_the_last_rules_have_looked_at_it(tmp_path):
    seen = []

    async def queue_post(s, t):
        await asyncio.sleep(0)
        seen.append(b"".join(t.message.chunks()).count(b"line"))

    talk = Talk(ServerSettings(size_threshold=Size(1000)), tmp_path, queue_post=queue_post)
    talk.begin()
    talk.send(b"Subject: x\r\n\r\n" + b"line\r\n" * 1000)
    await talk.settle()
    talk.send(b".\r\n")
    await talk.settle()
    assert seen == [1000]
    assert talk.session.transaction is None and talk.machine.body is None
