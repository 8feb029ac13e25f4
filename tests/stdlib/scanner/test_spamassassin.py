"""spamassassin asks a real spamd; what a spamd never does, a fake one does."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library_doubles import WrittenEnvelope, WrittenMessage, address
from qpsmtpd.dsl.model.values import Duration, LookupFailure, Size
from qpsmtpd.stdlib.scanner.spamassassin import spamassassin, user_fault
from qpsmtpd.stdlib.scanner.spamd_answer import ANSWER, Spam, parsed
from servers.scripted_daemon import answering, hanging, scripted_daemon, taken
from servers.spamd import GTUBE, MINUS, STRICT, THREE

HEAD = (
    b"Received: from client.example ([127.0.0.1])\r\n\tby mx.example.org with ESMTP id S1.1\r\n\tfor <x@example.org>;\r\n"
    b"\tSat, 28 Nov 2026 03:00:00 +0000\r\n"
    b"From: a@example.net\r\nTo: x@example.org\r\nDate: Sat, 28 Nov 2026 03:00:00 +0000\r\nSubject: hello\r\n"
    b"Message-ID: <a.long.enough.name@example.net>\r\n"
)
ENVELOPE = WrittenEnvelope(address("a@example.net"), [address("x@example.org")])
GOOD = b"SPAMD/1.1 0 EX_OK\r\nContent-length: 43\r\nSpam: False ; 1.5 / 5.0\r\n\r\nX-Spam-Status: No, tests=A,\r\n\tB\r\nX-Y: 1\r\n\r\n"


def written(text: bytes | str = b"Hello, this is about our meeting.", more: bytes = b"") -> WrittenMessage:
    octets = text.encode() if isinstance(text, str) else text
    return WrittenMessage((HEAD, more + b"\r\n", octets + b"\r\n"))


async def test_a_clean_message_has_a_score_below_the_threshold(spamd):
    found = await spamassassin(spamd.socket, message=written(), envelope=ENVELOPE)
    assert found.score < 1 and found.threshold == 5 and not found.spam
    assert "UNPARSEABLE_RELAY" not in found.symbols, "it understands our trace field"


async def test_spam_has_a_score_above_it_and_names_what_was_found(spamd):
    found = await spamassassin(spamd.socket, message=written(GTUBE), envelope=ENVELOPE)
    assert found.score > 900 and found.spam
    assert "GTUBE" in found.symbols


@pytest.mark.parametrize(("text", "points", "name"), [(THREE, 3, "THREE_POINTS"), (MINUS, -2, "MINUS_TWO")])
async def test_the_score_is_what_the_symbols_add_up_to(spamd, text, points, name):
    plain = await spamassassin(spamd.socket, message=written("Hello"), envelope=ENVELOPE)
    found = await spamassassin(spamd.socket, message=written(text), envelope=ENVELOPE)
    assert found.score - plain.score == pytest.approx(points, abs=0.15)
    assert name in found.symbols


async def test_headers_are_those_that_spamd_would_put_there(spamd):
    found = await spamassassin(spamd.socket, message=written(GTUBE), envelope=ENVELOPE)
    assert found.headers["X-Spam-Flag"] == "YES"
    assert found.headers["X-Spam-Status"].startswith("Yes, score=999.0 required=5.0 tests=")
    assert found.headers["X-Spam-Level"] == 50 * "*"
    assert "SpamAssassin" in found.headers["X-Spam-Checker-Version"]
    assert "GTUBE" in found.headers["X-Spam-Report"]
    assert found.headers["X-Spam-Site"] == "of the tests", "a line of its configuration"
    assert all("\n" not in value and "\r" not in value for value in found.headers.values())


async def test_fields_that_the_sender_has_forged_are_not_taken_for_spamds(spamd):
    forged = (
        b"X-Spam-Status: No, score=-99.0 required=5.0 tests=FORGED\r\nx-spam-site : forged\r\nX-Spam-Forged: 1\r\n"
        b"X-Spam-Prev-Subject: forged\r\nX-Spam-Flag:\r\n\tNO\r\n"
    )
    found = await spamassassin(spamd.socket, message=written(GTUBE, forged), envelope=ENVELOPE)
    assert "FORGED" not in found.symbols
    assert found.headers["X-Spam-Flag"] == "YES"
    assert not any("orged" in name + value for name, value in found.headers.items())


async def test_option_socket_may_be_a_host_and_a_port(spamd):
    for name in (spamd.tcp, spamd.tcp.replace("127.0.0.1", "localhost")):
        assert "THREE_POINTS" in (await spamassassin(name, message=written(THREE), envelope=ENVELOPE)).symbols


async def test_option_user_says_whose_preferences_count(spamd):
    found = await spamassassin(spamd.socket, user=STRICT, message=written(THREE), envelope=ENVELOPE)
    assert found.threshold == 1 and found.spam
    assert (await spamassassin(spamd.socket, user="ann", message=written(THREE), envelope=ENVELOPE)).threshold == 5


async def test_option_recipient_user_takes_the_only_recipient_for_the_user(spamd):
    to = WrittenEnvelope(recipients=[address(STRICT.replace("user", "USER"))])
    found = await spamassassin(spamd.socket, recipient_user=True, message=written(THREE), envelope=to)
    assert found.threshold == 1
    found = await spamassassin(spamd.socket, message=written(THREE), envelope=to)
    assert found.threshold == 5
    found = await spamassassin(spamd.socket, "ann", message=written(THREE), envelope=to)
    assert found.threshold == 5


@pytest.mark.parametrize(
    "recipients",
    [
        [STRICT, "b@example.org"],
        ["../../etc@example.org"],
        [".a@example.org"],
        ["a/b@example.org"],
        ["a b@example.org"],
        ["x@[1.2.3.4]"],
    ],
)
async def test_who_is_not_alone_or_has_an_odd_name_is_asked_for_as_the_usual_user(tmp_path, recipients):
    asked: list[bytes] = []
    async with scripted_daemon(tmp_path, noting(asked)) as daemon:
        to = WrittenEnvelope(recipients=[address(each) for each in recipients])
        await spamassassin(daemon.socket, "ann", recipient_user=True, message=written(), envelope=to)
    assert asked[0].startswith(b"HEADERS SPAMC/1.5\r\nUser: ann\r\n\r\n")


async def test_the_request_names_the_sender_above_the_message(tmp_path):
    asked: list[bytes] = []
    async with scripted_daemon(tmp_path, noting(asked)) as daemon:
        await spamassassin(daemon.socket, message=written(), envelope=ENVELOPE)
        await spamassassin(daemon.socket, message=written(), envelope=WrittenEnvelope(recipients=[address("x@example.org")]))
    assert asked[0] == b"HEADERS SPAMC/1.5\r\n\r\nX-Envelope-From: <a@example.net>\r\n" + b"".join(written().chunks())
    assert asked[1].startswith(b"HEADERS SPAMC/1.5\r\n\r\nX-Envelope-From: <>\r\nReceived:")


@pytest.mark.parametrize("name", ["", "ann", "Ann.B_c+d-e", "ann@example.org", "7", "_x"])
def test_a_name_that_spamd_can_use_for_files_is_a_user(name):
    assert user_fault(name) == ""


@pytest.mark.parametrize("name", ["..", "a..b", "../x", "/etc", "a b", "a\r\nb", "-a", "a@b@c", "a@", "ä", "x" * 65, "a%u"])
def test_any_other_name_is_refused_when_the_rules_load(name):
    assert "is no name of a user" in user_fault(name)


async def test_option_backups_names_servers_that_are_asked_in_this_order(spamd, tmp_path):
    async with scripted_daemon(tmp_path, hanging) as broken:
        servers = ("127.0.0.1:1", "", False, [broken.socket, spamd.tcp])
        found = await spamassassin(*servers, Duration(0.2), message=written(GTUBE), envelope=ENVELOPE)
        assert broken.asked == 1
    assert found.spam


async def test_option_patience_says_how_long_a_server_is_waited_for(tmp_path):
    async with scripted_daemon(tmp_path, hanging) as broken:
        with pytest.raises(LookupFailure, match=r"no answer within 0.2 s; 127.0.0.1:1: \[Errno 111\]"):
            await spamassassin(broken.socket, "", False, ["127.0.0.1:1"], Duration(0.2), message=written(), envelope=ENVELOPE)
        await broken.until_idle()


async def test_option_max_size_says_for_which_messages_spamd_is_not_asked(spamd):
    message = written(GTUBE)
    assert (await spamassassin(spamd.socket, max_size=message.size, message=message, envelope=ENVELOPE)).spam
    with pytest.raises(LookupFailure, match=f"{message.size} octets, more than max_size"):
        await spamassassin(spamd.socket, max_size=Size(message.size - 1), message=message, envelope=ENVELOPE)


async def test_many_sessions_at_once_get_each_its_own_answer(spamd):
    asked = [
        spamassassin(spamd.tcp if n % 3 else spamd.socket, message=written(GTUBE if n % 2 else "Hello"), envelope=ENVELOPE)
        for n in range(16)
    ]
    assert [found.spam for found in await asyncio.gather(*asked)] == [n % 2 == 1 for n in range(16)]


def test_an_answer_is_read_with_folded_fields():
    assert parsed(GOOD, True) == Spam(1.5, 5.0, False, ("A", "B"), {"X-Spam-Status": "No, tests=A, B"})


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (b"", "closed the connection without an answer"),
        (b"SPAMD/1.0 76 Bad header line: (EOF during headers)\r\n", "it answered SPAMD/1.0 76 Bad header line"),
        (b"SPAMD/1.1 75 EX_TEMPFAIL\r\n\r\n", "EX_TEMPFAIL"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "it answered HTTP/1.1 200 OK"),
        (GOOD[:-1], "not whole"),
        (GOOD + b"x", "not whole"),
        (GOOD.replace(b"Content-length: 43", b"Content-length: 043"), "not whole"),
        (GOOD.replace(b"Content-length: 43\r\n", b""), "not whole"),
        (GOOD.replace(b"1.5 /", b"nan /"), "it said no score, but False ; nan"),
        (GOOD.replace(b"1.5 /", b"1e300 /"), "no score"),
        (GOOD.replace(b"1.5 /", b"99999999 /"), "no score"),
        (GOOD.replace(b"False", b"Maybe"), "no score"),
        (GOOD.replace(b"Spam: ", b"Ham: "), "it said no score, but nothing"),
        (b"\x1b[2J\xff\r\n", r"it answered \?\[2J\?"),
        (b"x" * (ANSWER + 1), f"more than {ANSWER} octets"),
    ],
)
async def test_all_other_answers_are_failures(tmp_path, answer, meant):
    async with scripted_daemon(tmp_path, answering(answer)) as daemon:
        with pytest.raises(LookupFailure, match=meant) as told:
            await spamassassin(daemon.socket, message=written(), envelope=ENVELOPE)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 500


async def test_who_answers_before_the_message_is_there_is_not_believed(tmp_path):
    async def early(reader, writer):
        await reader.read(100)
        writer.write(GOOD)

    async with scripted_daemon(tmp_path, early) as daemon:
        with pytest.raises(LookupFailure, match="before it had the message"):
            await spamassassin(daemon.socket, max_size=Size(10**7), message=written(b"x" * 5_000_000), envelope=ENVELOPE)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_fields_of_any_octets_become_short_printable_values(section):
    top = f"SPAMD/1.1 0 EX_OK\r\nContent-length: {len(section) + 15}\r\nSpam: True ; 7 / 5\r\n\r\n"
    found = parsed(top.encode() + b"X-Spam-Status: " + section, True)
    assert all(name.startswith("X-Spam-") and value.isascii() for name, value in found.headers.items())
    assert all(value.isprintable() for value in found.headers.values())
    assert all(name.replace("_", "a").isalnum() for name in found.symbols)


def test_no_more_fields_and_symbols_are_kept_than_a_spamd_has():
    section = b"X-Spam-Status: tests=" + b",".join(b"T%d" % n for n in range(9000)) + b"," + b"L" * 100 + b"\r\n"
    section += b"".join(b"X-Spam-%d: %s\r\n" % (n, b"v" * 9000) for n in range(40))
    top = f"SPAMD/1.1 0 EX_OK\r\nContent-length: {len(section)}\r\nSpam: True ; 7 / 5\r\n\r\n"
    found = parsed(top.encode() + section, True)
    assert len(found.symbols) == 500
    assert len(found.headers) == 30
    assert max(map(len, found.headers.values())) == 8000


def noting(asked: list[bytes]):
    """Answers well, and keeps what was asked."""

    async def script(reader, writer):
        asked.append(await taken(reader))
        writer.write(GOOD)

    return script
