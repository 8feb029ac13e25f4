"""The outcome of tests for people: a line a test, then each failure with its dialogue, then the count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qpsmtpd.dsl.diagnostics.excerpt import excerpt, visible
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.lab.bench import Bench
from qpsmtpd.runtime.lab.explain import Explanation, explanation
from qpsmtpd.runtime.lab.record import Said
from qpsmtpd.runtime.lab.suite import Report
from qpsmtpd.runtime.lab.trial_run import Outcome

_RED, _GREEN, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"
_MARGIN = 11


def text_of(reports: Sequence[Report], *, colour: bool = False, verbose: bool = False) -> str:
    """The whole report; ends with a newline."""
    lines = [line for report in reports for line in _tests(report, colour, verbose)]
    for report in reports:
        if report.bench is not None:
            for outcome in report.outcomes:
                if outcome.failure is not None:
                    lines += ["", *_failure(outcome, report.bench, colour)]
    return "\n".join([*lines, "", summary(reports)]) + "\n"


def summary(reports: Sequence[Report]) -> str:
    """`2 passed, 1 failed`, and what was not run."""
    total = sum(len(report.outcomes) for report in reports)
    failed = sum(report.failed for report in reports)
    left_out = sum(report.left_out for report in reports)
    words = [f"{total - failed} passed"] + [f"{failed} failed"] * bool(failed) + [f"{left_out} not selected"] * bool(left_out)
    return ", ".join(words)


def _tests(report: Report, colour: bool, verbose: bool) -> Iterator[str]:
    for outcome in report.outcomes:
        good = outcome.failure is None
        word = _painted("ok  " if good else "FAIL", _GREEN if good else _RED, colour)
        span = outcome.trial.span
        yield f"{word}  {visible(span.file)}:{span.line}: {visible(outcome.trial.name)}"
        if verbose:
            yield from (f"        {spoken(event)}" for event in outcome.events if isinstance(event, Said))


def _failure(outcome: Outcome, bench: Bench, colour: bool) -> Iterator[str]:
    why = explanation(outcome, bench)
    span = why.span
    yield _painted(f"FAIL  {visible(outcome.trial.name)}", _RED, colour)
    yield _painted(f"{visible(span.file)}:{span.line}:{span.column}: {visible(why.message)}", _BOLD, colour)
    yield from _source(span, bench.sources)
    yield from _part("wanted", [why.wanted] if why.wanted else [])
    yield from _part("got", [why.got] if why.got else [])
    if why.rule:
        yield from _part("by", [placed(why)])
        if why.place is not None:
            yield from _source(why.place, bench.sources)
    yield from _part("read", aligned(why.values))
    yield from _part("trouble", why.trouble)
    yield from _part("dialogue", map(spoken, why.dialogue))
    yield from _part("help", [why.help] if why.help else [])


def placed(why: Explanation) -> str:
    """The rule that decided, and where it stands."""
    return why.rule if why.place is None or ":" in why.rule else f"{why.rule} in {why.place.file}:{why.place.line}"


def aligned(values: Iterable[tuple[str, str]]) -> list[str]:
    """`source = value`, the signs below one another."""
    pairs = list(values)
    width = max((len(source) for source, _ in pairs if len(source) <= 40), default=0)
    return [f"{source:<{width}} = {value}" for source, value in pairs]


def _part(label: str, texts: Iterable[str]) -> Iterator[str]:
    for place, text in enumerate(texts):
        yield f"{label + ':' if place == 0 else '':>{_MARGIN - 1}} {visible(text)}"


def _source(span: Span, sources: Mapping[str, Sequence[str]]) -> Iterator[str]:
    shown = excerpt(span, sources.get(span.file, ()))
    if shown is not None:
        number, line, mark = shown
        yield f"{number:>{_MARGIN - 3}} | {line}".rstrip()
        yield f"{'':>{_MARGIN - 3}} | {mark}"


def spoken(event: Said) -> str:
    """A line of the dialogue."""
    return f"{event.who}: {event.text}" if event.who else f"({event.text})"


def _painted(text: str, paint: str, colour: bool) -> str:
    return f"{paint}{text}{_PLAIN}" if colour else text
