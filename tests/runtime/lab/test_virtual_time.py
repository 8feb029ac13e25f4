"""Time that moves only when told."""

from __future__ import annotations

import asyncio
import time

import pytest

from qpsmtpd.runtime.lab.virtual_time import BEGINNING, LabClock, Stuck, VirtualLoop


def run(main):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def test_sleep_takes_the_time_it_says_and_none_of_ours():
    async def main():
        await asyncio.sleep(86_400 * 30)
        return asyncio.get_running_loop().time()

    before = time.monotonic()
    assert run(main()) == pytest.approx(86_400 * 30)
    assert time.monotonic() - before < 60


def test_timers_fire_in_their_order():
    async def main():
        told = []

        async def after(seconds):
            await asyncio.sleep(seconds)
            told.append(seconds)

        await asyncio.gather(after(3), after(1), after(2))
        return told

    assert run(main()) == [1, 2, 3]


def test_a_timeout_ends_what_never_comes():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(5)


def test_work_in_a_thread_is_waited_for_and_no_timer_overtakes_it():
    async def main():
        timer = asyncio.ensure_future(asyncio.sleep(1))
        work = asyncio.ensure_future(asyncio.to_thread(sum, range(1_000_000)))
        await asyncio.wait({timer, work}, return_when=asyncio.FIRST_COMPLETED)
        return work.done(), timer.done()

    assert run(main()) == (True, False)


def test_what_can_never_come_is_an_error_and_no_standstill():
    with pytest.raises(Stuck):
        run(asyncio.Event().wait())


def test_the_clock_goes_with_the_loop_and_can_be_set():
    async def main():
        clock = LabClock(asyncio.get_running_loop())
        begun = clock.now()
        await asyncio.sleep(60)
        later = clock.now()
        clock.set(BEGINNING - 3600)
        return begun, later, clock.now()

    assert run(main()) == (BEGINNING, BEGINNING + 60, BEGINNING - 3600)
