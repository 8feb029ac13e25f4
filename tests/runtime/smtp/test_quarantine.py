"""Messages that rules put aside: answered kindly, kept whole, delivered nowhere else."""

from __future__ import annotations

import asyncio

import pytest

from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DENY, DISCARD, ENVELOPE, Talk, coded

_CONTENT = b"Subject: x\r\n\r\ntext\r\n"
_ASIDE = verdict(Verb.QUARANTINE, "rules.q:8", 250, "2.0.0", "Ok", place="spam")
_HOOKS = ["data", "data_headers_end", "data_post", "queue_pre", "queue"]


def _always(answer):
    return lambda s, t: answer


async def _told(talk, content=_CONTENT):
    talk.begin()
    assert talk.send(content + b".\r\n") == b""
    return coded(await talk.settle())


@pytest.mark.parametrize("hook", _HOOKS)
async def test_a_message_put_aside_is_kept_whole_and_goes_nowhere_else(hook):
    talk = Talk(**{hook: _always(_ASIDE)})
    talk.say(*ENVELOPE, b"RCPT TO:<c@example.org>", b"DATA")
    talk.send(_CONTENT + b".\r\n")
    assert coded(await talk.settle()) == "250 2.0.0"
    assert talk.put_aside.kept == [("spam", ["b@example.org", "c@example.org"], _CONTENT)]
    assert talk.delivered.contents == []
    (record,) = talk.journal.named("quarantined")
    assert (record["place"], record["rule"], record["text"]) == ("spam", "rules.q:8", "Queued as 1")
    assert [(r["verdict"], r["rule"]) for r in talk.journal.named("message")] == [("quarantine", "rules.q:8")]
    assert talk.machine.messages == 1


@pytest.mark.parametrize("hook", ["data", "data_headers_end"])
async def test_what_was_decided_before_the_message_came_is_not_judged_again(hook):
    later = dict.fromkeys(("data_post_headers", "data_post", "queue_pre"), _always(DENY))
    talk = Talk(**{**later, hook: _always(_ASIDE)})
    assert await _told(talk) == "250 2.0.0"
    assert len(talk.put_aside.kept) == 1


async def test_a_message_that_cannot_be_put_aside_is_deferred():
    talk = Talk(data_post=_always(_ASIDE))

    async def broken(place, message, envelope):
        raise OSError(28, "No space left on device")

    talk.put_aside.keep = broken
    assert await _told(talk) == "451 4.3.0"
    assert [r["verdict"] for r in talk.journal.named("message")] == ["defer"]
    assert talk.journal.named("quarantined") == []
    assert "No space left" in talk.journal.named("error")[0]["detail"]


async def test_a_client_that_has_hung_up_gets_nothing_put_aside():
    talk = Talk(data=_always(_ASIDE))
    talk.begin()
    talk.send(_CONTENT)
    talk.machine.hang_up()
    talk.send(b".\r\n")
    assert coded(await talk.settle()) == "451 4.4.2"
    assert talk.put_aside.kept == []


async def test_putting_aside_that_has_begun_ends_though_the_client_has_gone():
    talk = Talk(data_post=_always(_ASIDE))
    usual, kept, go_on = talk.put_aside.keep, asyncio.Event(), asyncio.Event()

    async def slow(place, message, envelope):
        delivery = await usual(place, message, envelope)
        kept.set()
        await go_on.wait()
        return delivery

    talk.put_aside.keep = slow
    talk.begin()
    talk.send(_CONTENT + b".\r\n")
    assert talk.machine.busy
    asking = asyncio.ensure_future(talk.settle())
    await kept.wait()
    talk.machine.lost()
    go_on.set()
    await asking
    assert [r["verdict"] for r in talk.journal.named("message")] == ["quarantine"]
    assert len(talk.journal.named("disconnect")) == 1


async def test_a_message_nobody_is_to_get_is_not_put_aside():
    talk = Talk(rcpt=_always(DISCARD), data=_always(_ASIDE))
    talk.begin()
    assert coded(talk.send(_CONTENT + b".\r\n")) == "250 2.0.0"
    assert talk.put_aside.kept == []
