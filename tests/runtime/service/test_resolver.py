from __future__ import annotations

import asyncio
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import Answer, LookupFailure
from qpsmtpd.runtime.service import resolver as module
from qpsmtpd.runtime.service.dns_cache import AnswerCache
from qpsmtpd.runtime.service.dns_wire import question, reply, truncated
from qpsmtpd.runtime.service.resolver import DnsResolver, resolver, system_servers
from servers.scripted_dns import absent_server, scripted_server, silent_server


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def replying(octets: bytes, *records: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR, **changes: int) -> bytes:
    """A proper reply to a question, with these A records."""
    asked = dns.message.from_wire(octets)
    message = dns.message.make_response(asked)
    message.set_rcode(rcode)
    if records:
        message.answer.append(dns.rrset.from_text(asked.question[0].name, changes.get("ttl", 60), "IN", "A", *records))
    return message.to_wire()


# --- answers of a real server


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("www.test", "A", {"192.0.2.10", "192.0.2.11"}),
        ("WWW.Test.", "A", {"192.0.2.10", "192.0.2.11"}),
        ("www.test", "AAAA", {"2001:db8::10"}),
        ("alias.test", "A", {"192.0.2.10", "192.0.2.11"}),
        ("alias.test", "CNAME", {"www.test"}),
        ("mail.test", "MX", {"10 mx1.test", "20 mx2.test"}),
        ("9.0.0.127.in-addr.arpa", "PTR", {"nine.test"}),
        ("text.test", "TXT", {'one string; "quoted"'}),
    ],
)
async def test_records_come_as_text(name_server: str, name: str, kind: str, records: set[str]) -> None:
    answer = await DnsResolver((name_server,)).query(name, kind)
    assert set(answer.records) == records
    assert answer.exists
    assert answer.ttl == 600


async def test_a_name_that_does_not_exist_and_a_type_that_does_not_are_answers(name_server: str) -> None:
    asker = DnsResolver((name_server,))
    assert await asker.query("nowhere.test", "A") == Answer((), 77.0, exists=False)
    assert await asker.query("dangling.test", "A") == Answer((), 77.0, exists=False)
    assert await asker.query("www.test", "TXT") == Answer((), 77.0, exists=True)


async def test_an_answer_that_is_too_large_for_a_datagram_comes_whole(name_server: str) -> None:
    answer = await DnsResolver((name_server,)).query("big.test", "TXT")
    assert sorted(record[:3] for record in answer.records) == [f"{number:03}" for number in range(100)]


@pytest.mark.parametrize("name", ["loop.test", "elsewhere.example"])
async def test_a_server_that_refuses_or_makes_no_sense_is_a_failure(name_server: str, name: str) -> None:
    with pytest.raises(LookupFailure, match=f"A of {name}: no name server answered"):
        await DnsResolver((name_server,)).query(name, "A")


@pytest.mark.parametrize("name", ["", "a..test", "x" * 64 + ".test", "a." * 130 + "test", "bücher.test", "a\udc80.test"])
async def test_a_name_that_cannot_be_in_the_dns_does_not_exist(name_server: str, name: str) -> None:
    answer = await DnsResolver((name_server,)).query(name, "A")
    assert answer.records == ()


async def test_many_questions_at_once_each_get_their_own_answer(name_server: str) -> None:
    asker = DnsResolver((name_server,))
    names = ["www.test", "brief.test", "ns.test"] + [f"n{number}.test" for number in range(600)]
    answers = await asyncio.gather(*(asker.query(name, "A") for name in names))
    assert [len(answer.records) for answer in answers] == [2, 1, 1] + [0] * 600


# --- servers that fail


async def test_silence_is_a_failure_when_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", (0.01, 0.02))
    with silent_server() as server, pytest.raises(LookupFailure, match="silence"):
        await DnsResolver((server,)).query("www.test", "A")


async def test_a_question_is_given_up_after_its_lifetime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIFETIME", 0.02)
    with silent_server() as server, pytest.raises(LookupFailure, match="no answer within 0.02 s"):
        await DnsResolver((server,)).query("www.test", "A")


async def test_the_caller_may_stop_waiting_at_any_time_and_ask_again() -> None:
    gate = asyncio.Event()
    held: list[bytes] = []

    def hold(octets: bytes) -> list[bytes]:
        held.append(octets)
        gate.set()
        return []

    async with scripted_server(hold) as server:
        asker = DnsResolver((server.address,))
        first, second = (asyncio.create_task(asker.query("www.test", "A")) for _ in range(2))
        await gate.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.say(replying(held[0], "192.0.2.1"), server.peers[0])
        assert (await second).records == ("192.0.2.1",)
        assert (await asker.query("www.test", "A")).records == ("192.0.2.1",)
        assert len(held) == 1


async def test_the_next_server_is_asked_when_one_is_silent_absent_or_broken(
    name_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", (0.2, 5.0))
    broken = scripted_server(lambda octets: [replying(octets, rcode=dns.rcode.SERVFAIL)])
    with silent_server() as silent, absent_server() as absent:
        async with broken as servfail:
            answer = await DnsResolver((silent, absent, servfail.address, name_server)).query("brief.test", "A")
    assert answer.records == ("192.0.2.12",)


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR])
async def test_a_server_that_says_it_cannot_is_asked_once(rcode: dns.rcode.Rcode) -> None:
    async with scripted_server(lambda octets: [replying(octets, rcode=rcode)]) as server:
        with pytest.raises(LookupFailure, match=dns.rcode.to_text(rcode)):
            await DnsResolver((server.address,)).query("www.test", "A")
        assert len(server.asked) == 1


async def test_a_failure_is_not_kept() -> None:
    replies = iter([dns.rcode.SERVFAIL, dns.rcode.NOERROR])
    async with scripted_server(lambda octets: [replying(octets, "192.0.2.1", rcode=next(replies))]) as server:
        asker = DnsResolver((server.address,))
        with pytest.raises(LookupFailure):
            await asker.query("www.test", "A")
        assert (await asker.query("www.test", "A")).records == ("192.0.2.1",)


async def test_a_truncated_answer_of_a_server_without_tcp_is_a_failure() -> None:
    def cut(octets: bytes) -> list[bytes]:
        message = dns.message.make_response(dns.message.from_wire(octets))
        message.flags |= dns.flags.TC
        return [message.to_wire()]

    async with scripted_server(cut) as server:
        with pytest.raises(LookupFailure, match="ConnectionRefusedError"):
            await DnsResolver((server.address,)).query("www.test", "A")


async def test_garbage_and_answers_to_other_questions_are_ignored() -> None:
    def lie_then_tell(octets: bytes) -> list[bytes]:
        other_id = bytes([octets[0] ^ 1]) + octets[1:]
        other_name = octets.replace(b"\x03www", b"\x03xxx")
        true = replying(octets, "192.0.2.1")
        return [
            b"", b"\x00", octets, octets[:2], b"\xff" * 600, true[:2] + b"\xff" * 300, true[:20],
            replying(other_id, "192.0.2.66"), replying(other_name, "192.0.2.66"), true, replying(octets, "192.0.2.67"),
        ]  # fmt: skip

    async with scripted_server(lie_then_tell) as server:
        answer = await DnsResolver((server.address,)).query("www.test", "A")
    assert answer.records == ("192.0.2.1",)


async def test_ids_and_ports_cannot_be_guessed() -> None:
    async with scripted_server(lambda octets: [replying(octets, "192.0.2.1")]) as server:
        asker = DnsResolver((server.address,))
        await asyncio.gather(*(asker.query(f"n{number}.test", "A") for number in range(50)))
        assert len({octets[:2] for octets in server.asked}) > 40
        assert len({port for _, port in server.peers}) > 40


# --- what is asked only once


async def test_the_same_question_is_under_way_once_and_then_kept_for_its_time() -> None:
    clock = Clock()
    async with scripted_server(lambda octets: [replying(octets, "192.0.2.1")]) as server:
        asker = DnsResolver((server.address,), clock=clock)
        answers = await asyncio.gather(*(asker.query(name, "A") for name in ("www.test", "WWW.test", "www.test.")))
        assert {answer.records for answer in answers} == {("192.0.2.1",)}
        assert len(server.asked) == 1
        clock.time += 59
        await asker.query("www.test", "A")
        assert len(server.asked) == 1
        clock.time += 1
        await asker.query("www.test", "A")
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(("x",), 60.0, True), 60.0),
        (Answer(("x",), 0.0, True), 5.0),
        (Answer(("x",), 1e9, True), 3600.0),
        (Answer((), 1e9, False), 300.0),
        (Answer((), 1e9, True), 300.0),
    ],
)
def test_an_answer_is_kept_for_its_time_within_bounds(answer: Answer, seconds: float) -> None:
    clock = Clock()
    cache = AnswerCache(clock)
    cache.put(("n", "A"), answer)
    clock.time += seconds - 0.001
    assert cache.get(("n", "A")) is answer
    clock.time += 0.001
    assert cache.get(("n", "A")) is None
    assert len(cache) == 0


def test_the_cache_forgets_the_longest_unused_and_never_takes_huge_answers() -> None:
    cache = AnswerCache(Clock(), size=2)
    one = Answer(("x",), 60.0, True)
    cache.put(("a", "A"), one)
    cache.put(("b", "A"), one)
    assert cache.get(("a", "A"))
    cache.put(("c", "A"), one)
    assert [cache.get((name, "A")) is not None for name in "abc"] == [True, False, True]
    cache.put(("d", "TXT"), Answer(("x" * 5000,), 60.0, True))
    assert cache.get(("d", "TXT")) is None


# --- servers and octets


def test_the_machines_servers_are_those_of_resolv_conf(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text(
        "# x\nsearch a b\nnameserver 192.0.2.1\nnameserver\n nameserver 2001:db8::1 # y\nnameserver 192.0.2.2\nnameserver nonsense\nnameserver 192.0.2.3\n"
    )
    assert system_servers(file) == ("192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53")
    assert system_servers(tmp_path / "missing") == ("127.0.0.1:53",)


def test_a_reload_with_the_same_servers_keeps_the_cache() -> None:
    assert resolver(("192.0.2.1:53",)) is resolver(("192.0.2.1:53",))
    assert resolver(("192.0.2.1:53",)) is not resolver(("192.0.2.2:53",))


@given(st.binary(max_size=80), st.integers(0, 60))
def test_no_octets_make_the_reader_fail(noise: bytes, kept: int) -> None:
    asked = question("www.test", "A")
    octets = replying(asked.octets, "192.0.2.1")[:kept] + noise
    truncated(asked, octets)
    found = reply(asked, octets)
    assert found is None or found.id == asked.message.id
