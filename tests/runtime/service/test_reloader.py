import asyncio
import threading
from pathlib import Path

import pytest

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.program import ListenerProgram, Program
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings, Tls
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.service.reload import ActiveProgram, Reloader
from qpsmtpd.runtime.service.rules import Loaded

RULES = Path("/rules.q")


def program(digest):
    return Program(digest, ServerSettings(), (ListenerProgram("mx", ListenerSettings(), {}),), "/")


def loaded(digest, code=None):
    findings = Findings()
    if code:
        findings.add(code, Span("/rules.q", 1, 1, 1, 1), "wrong")
    return Loaded(None if code else program(digest), findings, frozenset({RULES}), frozenset())


class Records(list):
    """A journal that keeps event and level."""

    def record(self, event, level="info", **fields):
        self.append((event, level))


class Bench:
    """A reloader whose loads are handed out one by one."""

    def __init__(self, *results):
        self.results = list(results)
        self.started = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.records, self.swapped = Records(), []
        self.active = ActiveProgram(program("first"), frozenset(), 1.0)
        self.reloader = Reloader(self.active, load=self.load, swap=self.swapped.append, journal=self.records, clock=lambda: 2.0)

    def load(self):
        self.started.release()
        self.go_on.acquire()
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


async def test_requests_during_a_reload_make_exactly_one_more():
    bench = Bench(loaded("second"), loaded("third"))
    first = bench.reloader.request()
    await asyncio.to_thread(bench.started.acquire)
    later = [bench.reloader.request() for _ in range(5)]
    bench.go_on.release(2)
    assert (await first).result == "loaded"
    assert [outcome.result for outcome in await asyncio.gather(*later)] == ["loaded"] * 5
    assert [swapped.digest for swapped in bench.swapped] == ["second", "third"] and bench.results == []
    assert bench.active.program.digest == "third" and bench.active.loaded_at == 2.0


async def test_a_request_after_a_reload_starts_another():
    bench = Bench(loaded("second"), loaded("third"))
    bench.go_on.release(2)
    assert (await bench.reloader.request()).result == "loaded"
    assert (await bench.reloader.request()).result == "loaded"
    assert bench.active.reloads["loaded"] == 2


@pytest.mark.parametrize(
    ("result", "outcome", "event"),
    [
        (loaded("x", "Q202"), "refused", "reload-refused"),
        (loaded("x", "Q901"), "failed", "reload-failed"),
        (FileNotFoundError(2, "gone", "/rules.q"), "failed", "reload-failed"),
        (ZeroDivisionError(), "failed", "reload-failed"),
    ],
)
async def test_whatever_goes_wrong_the_old_rules_stay_and_the_journal_says_so(result, outcome, event):
    bench = Bench(result)
    bench.go_on.release()
    assert (await bench.reloader.request(force=True)).result == outcome
    assert bench.swapped == [] and bench.active.program.digest == "first"
    assert bench.active.last.result == outcome and bench.active.reloads[outcome] == 1
    assert (event, "error") in bench.records


async def test_rules_that_this_version_cannot_serve_are_refused_even_when_forced():
    settings = ListenerSettings(tls=Tls.IMPLICIT)
    smtps = Program("x", ServerSettings(), (ListenerProgram("smtps", settings, {}),), "/")
    bench = Bench(Loaded(smtps, Findings(), frozenset({RULES}), frozenset()))
    bench.go_on.release()
    outcome = await bench.reloader.request(force=True)
    assert outcome.result == "refused" and bench.swapped == []
    assert outcome.reasons == ("listener smtps: `tls = implicit` is checked, but this version cannot serve it yet",)


async def test_who_stops_waiting_takes_nothing_from_the_others():
    bench = Bench(loaded("second"))
    one, other = bench.reloader.request(), bench.reloader.request()
    one.cancel()
    bench.go_on.release()
    assert (await other).result == "loaded"


async def test_a_swap_that_fails_is_a_failed_reload_and_the_next_one_runs():
    bench = Bench(loaded("second"), loaded("third"))
    swaps = iter([ZeroDivisionError(), None])

    def swap(program):
        if error := next(swaps):
            raise error

    bench.reloader._swap = swap
    bench.go_on.release(2)
    assert (await bench.reloader.request()).result == "failed"
    assert bench.active.program.digest == "first"
    assert (await bench.reloader.request()).result == "loaded"
