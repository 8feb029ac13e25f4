from __future__ import annotations

import random
from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library_doubles import FixedClock, address
from meta.rules_text import FILES, codes, compiled, completed
from qpsmtpd.dsl.model.measured import Measured
from qpsmtpd.dsl.model.values import Domain, Duration, LookupFailure, Rate
from qpsmtpd.runtime.state.memory import MemoryStore
from qpsmtpd.runtime.state.own import OwnState
from qpsmtpd.stdlib.reputation.lengths import length_fault
from qpsmtpd.stdlib.reputation.moments import EXACT, STEPS, packed, unpacked, with_one_more
from qpsmtpd.stdlib.reputation.rate import rate
from rules_in_the_lab import STRANGER, passes

HOUR, DAY = Duration(3600.0), Duration(86_400.0)
LIMIT = Rate(3, 60.0)


class Counter:
    """Calls of `rate` in virtual time."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.state = OwnState(MemoryStore(self.clock), "rate")

    async def call(self, key="k", *, wait: float = 0.0, **more) -> Measured:
        self.clock.time += wait
        return await rate(key, state=self.state, clock=self.clock, **more)


async def test_the_call_that_is_one_too_many_is_over_the_limit() -> None:
    counter = Counter()
    assert [await counter.call() > LIMIT for _ in range(5)] == [False, False, False, True, True]


async def test_a_call_counts_for_as_long_as_the_limit_says() -> None:
    counter = Counter()
    for _ in range(3):
        await counter.call(wait=10)
    assert await counter.call(wait=39) > LIMIT
    assert not await counter.call(wait=22) > LIMIT


async def test_calls_that_are_refused_count_too_so_who_goes_on_knocking_stays_out_until_he_is_calm() -> None:
    counter = Counter()
    assert [await counter.call(wait=10) > LIMIT for _ in range(20)] == [False] * 3 + [True] * 17
    assert not await counter.call(wait=60) > LIMIT


async def test_one_answer_compares_with_several_limits_each_by_its_own_time() -> None:
    counter = Counter()
    for _ in range(9):
        await counter.call(wait=600)
    answer = await counter.call(wait=1)
    assert answer == Rate(2, 60.0) and answer == Rate(7, 3600.0) and answer == Rate(10, 7200.0)
    assert answer > Rate(1, 60.0) and not answer > Rate(2, 60.0) and answer >= Rate(2, 60.0) and not answer >= Rate(3, 60.0)
    assert answer > Rate(6, 3600.0) and answer < Rate(8, 3600.0) and answer <= Rate(7, 3600.0) and not answer < Rate(7, 3600.0)


async def test_the_limit_may_stand_on_either_side() -> None:
    counter = Counter()
    await counter.call(wait=0)
    answer = await counter.call(wait=1800)
    assert (Rate(1, 3600.0) < answer, Rate(1, 60.0) < answer, Rate(1, 60.0) >= answer, answer == Rate(1, 60.0)) == (
        True,
        False,
        True,
        True,
    )


async def test_two_measured_rates_compare_by_all_that_is_remembered() -> None:
    counter = Counter()
    often = [await counter.call("often") for _ in range(3)][-1]
    seldom = await counter.call("seldom")
    assert seldom < often and often > seldom and often >= seldom and seldom != often and len({seldom, often}) == 2


async def test_over_says_how_long_calls_are_remembered() -> None:
    counter = Counter()
    await counter.call(over=HOUR)
    assert await counter.call(over=HOUR, wait=3599) == Rate(2, 86_400.0)
    assert await counter.call(over=HOUR, wait=3599) == Rate(2, 86_400.0)
    assert await counter.call(over=HOUR, wait=3600) == Rate(1, 86_400.0)


async def test_name_tells_what_is_counted_from_what_else_has_the_key() -> None:
    counter = Counter()
    await counter.call()
    assert await counter.call(name="other") == Rate(1, 60.0)
    assert await counter.call() == Rate(2, 60.0)


async def test_keys_count_by_what_is_equal_in_rules() -> None:
    counter = Counter()
    for key in (address("Ann@example.org"), address("ANN@example.org"), "ann@example.org"):
        answer = await counter.call(key)
    assert answer == Rate(3, 60.0)
    assert await counter.call("Ann@example.org") == Rate(1, 60.0)
    assert await counter.call(Domain("example.org")) == Rate(1, 60.0)


async def test_a_clock_that_is_put_back_does_not_keep_calls_for_ever() -> None:
    counter = Counter()
    for _ in range(3):
        await counter.call()
    assert await counter.call(wait=-7200) > LIMIT
    assert not await counter.call(wait=61) > LIMIT


async def test_a_store_that_does_not_answer_is_a_failed_lookup() -> None:
    class Broken:
        async def change(self, *_: object, **__: object) -> None:
            raise LookupFailure("broken")

    with pytest.raises(LookupFailure):
        await rate("k", state=Broken(), clock=FixedClock())  # type: ignore[arg-type]


GAPS = st.lists(
    st.one_of(st.sampled_from([0.0, 0.001, 0.5, 1.0, 60.0]), st.floats(0.0, 5.0), st.floats(0.0, 5000.0)), min_size=1, max_size=60
)


@settings(max_examples=200, deadline=None)
@given(GAPS, st.integers(1, 12), st.floats(1.0, 86_400.0))
def test_what_is_counted_lies_between_the_time_and_a_32nd_less_whatever_the_calls(gaps, repeated, seconds) -> None:
    now, times, moments = 1_700_000_000.0, [], ()
    for gap in gaps * repeated:
        now += gap
        times.append(now)
        moments = with_one_more(unpacked(packed(moments), now, DAY), now)
        answer = Measured(0, DAY, moments, now)
        counted = answer.within(seconds)
        within, surely = (len(times) - bisect_right(times, now - part) for part in (seconds, seconds * (1 - 1 / STEPS)))
        assert surely <= counted <= within
        if len(times) <= EXACT:
            assert counted == within
        for limit in (Rate(within, seconds), Rate(within + 1, seconds)):
            assert not answer > limit


@pytest.mark.parametrize("mean", [0.001, 0.1, 3.0, 60.0])
def test_what_is_kept_of_a_key_stays_small_however_often_it_is_counted(mean: float) -> None:
    chance, now, moments, largest = random.Random(1), 1_700_000_000.0, (), 0
    for _ in range(30_000):
        now += chance.expovariate(1 / mean) * chance.choice([0.01, 0.1, 1, 5])
        moments = (
            with_one_more(unpacked(packed(moments), now, DAY), now) if chance.random() < 0.001 else with_one_more(moments, now)
        )
        largest = max(largest, len(moments))
    assert largest <= 1000
    assert len(packed(moments)) <= 12 * largest


@pytest.mark.parametrize("seconds", ["0.0", "-1.0"])
def test_no_time_is_no_time_to_remember(seconds: str) -> None:
    assert "more than zero" in length_fault(seconds)


def found(rule: str) -> list[str]:
    """The codes of what is wrong with rules that hold this one."""
    return codes(compiled(completed(f"on rcpt:\n    {rule}"), FILES), "error", "warning")


@pytest.mark.parametrize(
    "key", ["ip", "sender", "recipient", "recipient.domain", "helo", '"all"', '"{{ ip }} {{ sender }}"', "server_ip"]
)
def test_it_counts_by_texts_addresses_domains_and_texts_put_together(key: str) -> None:
    assert found(f"if rate({key}) > 300/1h defer") == []


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("rate(score) > 300/1h", "Q401"),
        ("rate(sender.domain) > 300/1h", "Q405"),
        ("rate(ip, over = 0s) > 300/1h", "Q402"),
        ("rate(ip) > 300", "Q403"),
        ("rate(ip)", "Q404"),
    ],
)
def test_what_makes_no_sense_is_refused(call: str, code: str) -> None:
    assert found(f"if {call} defer") == [code]


def test_in_the_lab_it_counts_in_virtual_time_and_each_test_begins_with_nothing() -> None:
    rules = 'on rcpt:\n    @limit\n    if rate(sender) > 2/1h defer 4.7.1 "Hourly limit reached"\n'
    steps = f"""{STRANGER}mail "a@example.net"
rcpt "x@example.org" -> accept
rcpt "y@example.org" -> accept
rcpt "z@example.org" -> defer 4.7.1 "Hourly limit reached" by @limit
wait 61m
client 203.0.113.10
ehlo "h.example.net"
mail "A@example.net"
rcpt "z@example.org" -> accept
"""
    assert passes(rules, steps)
    assert passes(rules, steps)


def test_a_test_can_say_what_is_measured_and_that_nothing_is() -> None:
    rules = 'on rcpt:\n    @limit\n    if rate(sender) > 2/1h defer\n    unknown defer 4.3.0 "Nobody knows"\n'
    begin = f'{STRANGER}mail "a@example.net"\n'
    assert passes(rules, "given rate() = 3/1h\n" + begin + 'rcpt "x@example.org" -> defer by @limit')
    assert passes(rules, "given rate() fails\n" + begin + 'rcpt "x@example.org" -> defer 4.3.0 "Nobody knows"')
