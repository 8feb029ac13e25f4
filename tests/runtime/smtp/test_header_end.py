"""Rules at the end of the header section: what they see, and what becomes of the rest of the message."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Size
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DEFER, DENY, DISCARD, ENVELOPE, Talk, coded, codes, pieces

_HEAD = b"Subject: x\r\nTo: b\r\n\r\n"
_QUARANTINE = verdict(Verb.QUARANTINE, "rules.q:8", 250, "2.0.0", "Ok", place="spam")


def _always(answer):
    return lambda s, t: answer


def _subjects():
    """A connection whose rules write down the subject that they see at the end of the header section."""
    seen = []
    return seen, Talk(data_headers_end=lambda s, t: seen.append(t.message.header.subject))


def test_the_header_is_there_before_the_body_has_come():
    seen, talk = _subjects()
    talk.begin()
    assert talk.send(b"Subject: x\r\n") == b"" and seen == []
    assert talk.send(b"To: b\r\n\r\n") == b"" and seen == ["x"]
    assert coded(talk.send(b"text\r\n\r\nmore\r\n.\r\n")) == "250 2.0.0"
    assert seen == ["x"]
    assert talk.delivered.contents == [_HEAD + b"text\r\n\r\nmore\r\n"]


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        (b"Subject: x\r\n\r\n", "x"),
        (b"Subject: x\r\n", "x"),
        (b"", None),
        (b"\r\nSubject: x\r\n\r\n", None),
        (b"no field\r\nSubject: x\r\n\r\n", None),
        (b"Subject: x\r\n\r\n..\r\n", "x"),
        (b"Subject: x\r\n..\r\n\r\n", "x"),
    ],
)
def test_the_rules_run_once_wherever_the_header_section_ends(content, subject):
    for size in (1, 2, 3, 5, 1000):
        seen, talk = _subjects()
        talk.begin()
        data = content + b".\r\n"
        said = b"".join(talk.send(data[at : at + size]) for at in range(0, len(data), size))
        assert (coded(said), seen) == ("250 2.0.0", [subject]), size


def test_each_message_has_its_own_header():
    seen, talk = _subjects()
    talk.message(b"Subject: one\r\n\r\n")
    talk.message(b"Subject: two\r\n\r\n")
    assert seen == ["one", "two"]


def test_what_rules_put_into_the_header_stays_there():
    def header(s, t):
        t.message.header.add("X-Seen", "early")
        t.message.header.remove("to")

    def judged(s, t):
        assert t.message.header["x-seen"] == "early"
        assert t.message.size == len(_HEAD + b"text\r\n")
        t.message.header.add("X-Late", "1")

    talk = Talk(data_headers_end=header, data_post=judged)
    talk.begin()
    talk.send(_HEAD)
    talk.send(b"text\r\n.\r\n")
    assert talk.delivered.contents == [b"X-Late: 1\r\nX-Seen: early\r\nSubject: x\r\n\r\ntext\r\n"]


async def test_a_large_message_keeps_what_rules_put_into_its_header(tmp_path):
    content = _HEAD + b"A line of the message.\r\n" * 4000
    talk = Talk(ServerSettings(size_threshold=Size(10)), tmp_path, data_headers_end=lambda s, t: t.message.header.add("X", "1"))
    talk.begin()
    for piece in pieces(content + b".\r\n", range(0, 100_000, 7000)):
        talk.send(piece)
        await talk.settle()
    assert talk.delivered.contents == [b"X: 1\r\n" + content]


@pytest.mark.parametrize("answer", [DENY, DEFER])
def test_a_refusal_is_said_at_the_end_and_the_rest_is_thrown_away(answer):
    talk = Talk(data_headers_end=_always(answer), data_post=_always(DISCARD))
    talk.begin()
    assert talk.send(_HEAD) == b""
    for _ in range(50):
        assert talk.send(b"x" * 65536) == b""
    assert talk.machine.body.parts == [] and talk.machine.body.memory == 0
    assert coded(talk.send(b"\r\n.\r\n")) == coded(answer.reply)
    assert talk.delivered.contents == []
    (record,) = talk.journal.named("message")
    assert (record["verdict"], record["rule"], record["size"]) == (answer.verb.value, answer.rule, 50 * 65536 + len(_HEAD) + 5)
    assert talk.say(*ENVELOPE[1:], b"QUIT") == ["250 2.1.0", "250 2.1.5", "221 2.0.0"]


def test_a_refusal_with_disconnect_is_said_at_the_end_too():
    talk = Talk(data_headers_end=_always(verdict(Verb.DENY, "r", 554, "5.7.1", "Go away", disconnect=True)))
    talk.begin()
    assert talk.send(_HEAD) == b"" and not talk.closed
    assert talk.send(b"text\r\n.\r\nNOOP\r\n") == b"554 5.7.1 Go away\r\n" and talk.closed


def test_a_refusal_by_the_rules_comes_before_what_is_wrong_with_the_body():
    talk = Talk(data_headers_end=_always(DENY))
    talk.begin()
    assert talk.send(_HEAD + b"a\rb\0\r\n.\r\n") == DENY.reply


@pytest.mark.parametrize("size", range(1, 30))
def test_the_end_of_the_header_section_is_found_however_it_is_cut(size):
    talk = Talk(data_headers_end=_always(DENY))
    talk.begin()
    data = _HEAD + b"a\rb\r\n.\r\n"
    said = [talk.send(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join(said) == DENY.reply


def test_what_is_wrong_with_the_header_section_comes_before_the_rules():
    seen, talk = _subjects()
    assert talk.message(b"Subject: x\r\nA: \0\r\n\r\ntext\r\n") == "550 5.6.0"
    assert talk.message(b"Subject: x\ny\r\n\r\ntext\r\n") == "550 5.6.0"
    assert seen == []


def test_what_is_wrong_with_the_body_of_an_accepted_header_is_said():
    seen, talk = _subjects()
    assert talk.message(_HEAD + b"a\rb\r\n") == "550 5.6.0"
    assert seen == ["x"] and talk.delivered.contents == []


def test_a_message_discarded_at_its_header_is_read_and_judged_no_more():
    talk = Talk(data_headers_end=_always(DISCARD), data_post=_always(DENY))
    assert talk.message(_HEAD + b"text\r\n") == "250 2.0.0"
    assert talk.delivered.contents == []


def test_a_message_without_recipients_is_not_looked_at():
    talk = Talk(rcpt=_always(DISCARD), data_headers_end=_always(DENY))
    assert talk.message(_HEAD) == "250 2.0.0"


def test_a_message_that_data_has_decided_on_is_not_looked_at():
    talk = Talk(data=_always(DISCARD), data_headers_end=_always(DENY))
    assert talk.message(_HEAD) == "250 2.0.0"


async def test_octets_that_come_while_the_rules_wait_are_kept_in_order():
    go = asyncio.Event()

    async def header(s, t):
        await go.wait()

    talk = Talk(data_headers_end=header)
    talk.begin()
    assert talk.send(_HEAD + b"one\r\n") == b""
    assert talk.send(b"two\r\n.\r\nNO") == b"" and talk.send(b"OP\r\n") == b""
    go.set()
    assert codes(await talk.settle()) == ["250", "250"]
    assert talk.delivered.contents == [_HEAD + b"one\r\ntwo\r\n"]


async def test_a_client_that_goes_while_the_rules_wait_leaves_nothing():
    async def header(s, t):
        await asyncio.sleep(0)

    talk = Talk(data_headers_end=header)
    talk.begin()
    talk.send(_HEAD + b"one\r\n")
    talk.machine.lost()
    await talk.settle()
    assert [r["verdict"] for r in talk.journal.named("message")] == ["abandoned"]
    assert talk.machine.body is None and len(talk.journal.named("disconnect")) == 1


def test_rules_that_raise_defer_the_message_at_its_end():
    def raising(s, t):
        raise KeyError("secret")

    talk = Talk(data_headers_end=raising)
    assert talk.message(_HEAD + b"text\r\n") == "451 4.3.0"
    assert talk.delivered.contents == []


def test_after_a_header_section_beyond_its_limit_the_rules_are_not_asked():
    seen, talk = _subjects()
    assert talk.message((b"X-Field: value\r\n" + b" more\r\n" * 100) * 500 + b"\r\ntext\r\n") == "552 5.3.4"
    assert seen == []


_SOUND = [b"Subject: x", b"X-Bad: 1", b"X-Bad: 2", b"X-Bad: 3", b" folded", b"", b"text", b"..", b".x"]
_LINES = st.sampled_from([b"a\rb", b"\0", b"x" * 300, b"X: 1\n"]).flatmap(
    lambda fault: st.lists(st.sampled_from([*_SOUND, fault]), max_size=12)
)
"""With one kind of fault: which of several is told depends on what comes at once."""


def _by_header(s, t):
    header = t.message.header
    header.add("X-Seen", str(header.subject))
    return {"1": DENY, "2": DISCARD, "3": _QUARANTINE}.get(header.get("x-bad"))


async def _by_header_later(s, t):
    await asyncio.sleep(0)
    return _by_header(s, t)


async def _played(data, hook, cuts=()):
    talk = Talk(ServerSettings(max_size=Size(900), size_threshold=Size(400)), data_headers_end=hook)
    talk.begin()
    said = b""
    for piece in pieces(data, cuts):
        said += talk.send(piece) + await talk.settle()
    return said, talk.delivered.contents, talk.put_aside.kept


@given(_LINES, st.lists(st.integers(0, 2000), max_size=10))
def test_where_the_segments_end_and_whether_rules_wait_makes_no_difference(lines, cuts):
    data = b"".join(line + b"\r\n" for line in lines) + b".\r\n" + b"RSET\r\n" + b"\r\n".join(ENVELOPE[1:]) + b"\r\n"
    whole = asyncio.run(_played(data, _by_header))
    assert asyncio.run(_played(data, _by_header, cuts)) == whole
    assert asyncio.run(_played(data, _by_header_later, cuts)) == whole
    assert asyncio.run(_played(data, _by_header_later)) == whole
