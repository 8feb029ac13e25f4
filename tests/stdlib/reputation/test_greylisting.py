"""What `greylisting` answers, option by option; what is made of it is tested beside the policy, in rules/greylisting.q."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library_doubles import FixedClock, KnownClient, WrittenEnvelope, address
from qpsmtpd.dsl.model.values import NULL_SENDER, Duration, LookupFailure
from qpsmtpd.runtime.lab.record import Noted
from qpsmtpd.runtime.state.memory import MemoryStore
from qpsmtpd.runtime.state.own import OwnState
from qpsmtpd.stdlib.reputation.greylisting import Greylisting, greylisting, mode_fault
from rules_in_the_lab import STRANGER, outcome_of

NEW, EARLY, PASSED, KNOWN = Greylisting
A, B = address("a@example.net"), address("b@example.net")
BLACK, GREY, WHITE = 3000.0, 12_000.0, 36 * 86_400.0


class Attempts:
    """Deliveries in virtual time."""

    def __init__(self, **options: object) -> None:
        self.clock = FixedClock()
        self.state = OwnState(MemoryStore(self.clock), "greylisting")
        self.options = options

    async def at(self, wait: float = 0.0, *, ip: str = "203.0.113.9", sender=A, recipient=None, **more: object) -> Greylisting:
        self.clock.time += wait
        envelope = WrittenEnvelope(sender, [], recipient)
        options = {**self.options, **more}
        client = KnownClient(ip_address(ip))
        return await greylisting(**options, client=client, envelope=envelope, state=self.state, clock=self.clock)


async def test_a_delivery_is_new_then_early_then_has_passed_and_is_known_from_then_on() -> None:
    attempts = Attempts()
    assert [await attempts.at(wait) for wait in (0, 0, 2999, 1, 0, WHITE - 1, WHITE - 1, WHITE)] == [
        NEW,
        EARLY,
        EARLY,
        PASSED,
        KNOWN,
        KNOWN,
        KNOWN,
        NEW,
    ]


async def test_early_attempts_do_not_begin_the_time_anew() -> None:
    attempts = Attempts()
    assert [await attempts.at(wait) for wait in (0, *[600] * 5)] == [NEW, EARLY, EARLY, EARLY, EARLY, PASSED]


@pytest.mark.parametrize("wait", [BLACK, GREY - 1])
async def test_grey_timeout_is_how_long_one_may_take_to_come_back(wait: float) -> None:
    attempts = Attempts()
    assert [await attempts.at(), await attempts.at(wait)] == [NEW, PASSED]
    assert [await attempts.at(sender=B, ip="192.0.2.1"), await attempts.at(GREY, ip="192.0.2.1")] == [NEW, NEW]


async def test_a_grey_timeout_that_leaves_no_time_to_come_back_is_as_if_it_were_longer() -> None:
    attempts = Attempts(black_timeout=Duration(600.0), grey_timeout=Duration(60.0))
    assert [await attempts.at(), await attempts.at(601)] == [NEW, PASSED]


async def test_black_timeout_and_white_timeout_are_as_they_are_given() -> None:
    attempts = Attempts(black_timeout=Duration(5.0), white_timeout=Duration(100.0))
    assert [await attempts.at(wait) for wait in (0, 4.9, 0.2, 99, 100)] == [NEW, EARLY, PASSED, KNOWN, NEW]


async def test_remote_ip_sender_and_recipient_are_each_part_of_it_when_asked_for() -> None:
    assert [await one.at(ip="192.0.2.1") for one in [Attempts()] for _ in "ab"] == [NEW, EARLY]
    other = {"remote_ip": {"ip": "192.0.2.1"}, "sender": {"sender": B}, "recipient": {"recipient": B}}
    for option, changed in other.items():
        attempts = Attempts(**{name: name == option for name in other})
        assert await attempts.at(recipient=A) == NEW
        for further, same in other.items():
            assert await attempts.at(**{"recipient": A, **same}) == (NEW if further == option else EARLY), (option, further)
        assert await attempts.at(**{"recipient": A, **changed}) == EARLY


async def test_network_is_the_24_or_64_bits_around_the_client() -> None:
    attempts = Attempts(network=True)
    assert [await attempts.at(ip=ip) for ip in ("203.0.113.9", "203.0.113.255", "203.0.112.9")] == [NEW, EARLY, NEW]
    assert [await attempts.at(ip=ip) for ip in ("2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8:0:1::1")] == [NEW, EARLY, NEW]


async def test_addresses_are_the_same_in_capitals_and_the_null_sender_is_one_of_its_own() -> None:
    attempts = Attempts(remote_ip=False, sender=True)
    senders = (A, address("A@example.net"), NULL_SENDER, NULL_SENDER)
    assert [await attempts.at(sender=sender) for sender in senders] == [NEW, EARLY, NEW, EARLY]


async def test_mode_off_remembers_nothing() -> None:
    attempts = Attempts()
    assert [await attempts.at(mode="off"), await attempts.at(mode="testonly"), await attempts.at()] == [KNOWN, NEW, EARLY]
    assert [mode_fault(mode) for mode in ("off", "testonly", "denysoft")] == [""] * 3
    assert "testonly" in mode_fault("tesonly")


async def test_name_tells_what_is_remembered_apart() -> None:
    attempts = Attempts()
    assert [await attempts.at(), await attempts.at(name="b"), await attempts.at()] == [NEW, NEW, EARLY]


@given(st.lists(st.text("ab@\\\n", max_size=4), min_size=4, max_size=4))
async def test_whatever_peers_write_no_two_deliveries_are_taken_for_one(texts: list[str]) -> None:
    attempts = Attempts(sender=True, recipient=True)
    first, second = [address(f"{a}@x") for a in texts[:2]], [address(f"{a}@x") for a in texts[2:]]
    assert await attempts.at(sender=first[0], recipient=first[1]) == NEW
    assert await attempts.at(sender=second[0], recipient=second[1]) == (EARLY if first == second else NEW)


async def test_a_store_that_does_not_answer_is_a_failed_lookup() -> None:
    class Broken:
        async def change(self, *_: object, **__: object) -> None:
            raise LookupFailure("broken")

    attempts = Attempts()
    attempts.state = Broken()  # type: ignore[assignment]
    with pytest.raises(LookupFailure):
        await attempts.at()


def test_loglevel_of_the_policy_logs_each_attempt() -> None:
    steps = f'{STRANGER}mail "a@example.net" -> defer 4.7.1\nmail "a@example.net" -> defer'
    outcome = outcome_of("apply greylisting(loglevel = 1)\n", steps)
    assert outcome.failure is None
    logged = [event.fields["text"] for event in outcome.events if isinstance(event, Noted) and event.event == "rule-log"]
    assert logged == ["greylisting: new", "greylisting: early"]


def test_under_shadow_nobody_is_refused_and_what_the_real_rules_remember_is_untouched() -> None:
    steps = f"""{STRANGER}mail "a@example.net" -> accept
wait 6m
client 203.0.113.9
ehlo "h9.example.net"
mail "a@example.net" -> accept
"""
    outcome = outcome_of("shadow apply greylisting(delay = 5m, loglevel = 1)\n", steps)
    assert outcome.failure is None
    logged = [event.fields["text"] for event in outcome.events if isinstance(event, Noted) and event.event == "rule-log"]
    assert logged == ["greylisting: new", "greylisting: passed"]
    real = "shadow apply greylisting(delay = 5m)\napply greylisting(delay = 10m)\n"
    steps = f"""{STRANGER}mail "a@example.net" -> defer
wait 6m
client 203.0.113.9
ehlo "h9.example.net"
mail "a@example.net" -> defer
wait 4m
mail "a@example.net" -> accept
"""
    assert outcome_of(real, steps).failure is None
