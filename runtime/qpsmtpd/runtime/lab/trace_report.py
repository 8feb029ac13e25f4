"""A traced session for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from qpsmtpd.dsl.diagnostics.excerpt import visible
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.lab.record import Said
from qpsmtpd.runtime.lab.story import HookStory, Met, Value

_PLACE = 14
_CAME = 7
_SLOW = 0.0005
"""Seconds from which on a time is shown."""


def text_of(told: Sequence[Said | HookStory]) -> str:
    """For people; ends with a newline."""
    lines: list[str] = []
    for part in told:
        lines += [_said(part)] if isinstance(part, Said) else ["", *_hook(part), ""]
    return "\n".join(visible(line) for line in _tidy(lines)) + "\n"


def _tidy(lines: Sequence[str]) -> Iterator[str]:
    """Without an empty line behind another."""
    return (line for place, line in enumerate(lines) if line or (place and lines[place - 1]))


def _said(said: Said) -> str:
    return f"{said.who}: {said.text}" if said.who else f"({said.text})"


def _hook(told: HookStory) -> Iterator[str]:
    yield f"{told.hook}:"
    for met in told.met:
        yield from _met(met)
    for name, (before, after) in told.changed.items():
        yield f"  {name}: {before} → {after}"
    yield f"  → {decided(told.verdict) if told.verdict else f'no rule decides: {told.final}'}"


def _met(met: Met) -> Iterator[str]:
    place = f"{met.span.file.rpartition('/')[2]}:{met.span.line}"
    indent = "  " * met.depth
    yield f"  {place:<{_PLACE}} {met.came:<{_CAME}} {indent}{f'@{met.label} ' if met.label else ''}{met.source}"
    if met.applied:
        yield f"{'':<{_PLACE + _CAME + 4}}{indent}    ({met.applied})"
    inner = " " * (2 + _PLACE + 1 + _CAME + 1) + indent + "    "
    for value in met.values:
        yield inner + _value(value)
    for note in met.notes:
        yield f"{inner}({note})"


def _value(value: Value) -> str:
    took = f"  ({value.seconds * 1000:.0f} ms)" if value.seconds is not None and value.seconds >= _SLOW else ""
    return f"{value.source} = {value.text}{took}"


def decided(verdict: Verdict) -> str:
    """A verdict in words."""
    code = " ".join(filter(None, (str(verdict.code or ""), verdict.enhanced)))
    closing = ", and disconnect" if verdict.disconnect else ""
    by = verdict.rule if ":" in verdict.rule else f"@{verdict.rule}"
    text = f' "{verdict.text}"' if verdict.text else ""
    return f"{verdict.verb.value} {code}{text}{closing}, by {by}"


def data_of(told: Sequence[Said | HookStory]) -> list[dict[str, Any]]:
    """For programs: the session in order, each part either said or a hook."""
    return [{"who": part.who, "text": part.text} if isinstance(part, Said) else _data(part) for part in told]


def _data(told: HookStory) -> dict[str, Any]:
    verdict = told.verdict
    return {
        "hook": told.hook,
        "rules": [_rule(met) for met in told.met],
        "changed": {name: {"before": before, "after": after} for name, (before, after) in told.changed.items()},
        "verdict": None
        if verdict is None
        else {
            "verb": verdict.verb.value,
            "code": verdict.code,
            "enhanced": verdict.enhanced,
            "text": verdict.text,
            "rule": verdict.rule,
            "disconnect": verdict.disconnect,
        },
        "otherwise": told.final,
    }


def _rule(met: Met) -> dict[str, Any]:
    return {
        "file": met.span.file,
        "line": met.span.line,
        "column": met.span.column,
        "rule": met.rule,
        "label": met.label,
        "applied": met.applied,
        "source": met.source,
        "depth": met.depth,
        "condition": met.came,
        "read": [{"source": v.source, "value": v.text, "kind": v.kind, "seconds": v.seconds} for v in met.values],
        "notes": met.notes,
    }
