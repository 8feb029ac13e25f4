"""Replies and arguments with `{{ }}`: compiled once by Jinja2, handed finished texts, never objects.

What a peer sent can reach a text only here, as a value: without control characters, and never as a template. Jinja2
is loaded when the first template is.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from qpsmtpd.dsl.emit.path_component import component
from qpsmtpd.dsl.model.values import AddressSet, DomainSet, NetworkSet, Rate, Variant
from qpsmtpd.dsl.model.verdicts import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment

FILTERS = ("upper", "lower", "length", "default", "join", "truncate")
"""The filters that a template may use."""

_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
"""The years 1 and 9999, between which a time can be written; rules may have added any duration to one."""

Texts = Callable[..., str]
"""A compiled template: gets the values in order, gives the finished text."""


class Listed(tuple[str, ...]):
    """The finished texts of a list; written without a filter they are separated by commas."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(self)


def template(source: str, types: Sequence[str]) -> Texts:
    """Compiles a template whose values have the types of these names. Raises jinja2.TemplateSyntaxError."""
    compiled = _environment().from_string(source)
    names = [f"v{number}" for number in range(len(types))]
    forms = [_BY_TYPE.get(name, finished) for name in types]

    def render(*values: object) -> str:
        return compiled.render({name: form(value) for name, form, value in zip(names, forms, values, strict=True)})

    return render


def finished(value: object) -> str | Listed:
    """A value as text: absent ones are empty, whole numbers have no decimals and others two at most."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case enum.Enum():
            return clean(str(value.value))
        case Variant():
            return value.case
        case Rate():
            return f"{value.count}/{_number(value.seconds)}s"
        case list() | tuple() | NetworkSet() | DomainSet() | AddressSet():
            return Listed(str(finished(item)) for item in value)
        case _:
            return clean(str(value))


def because(decided: Verdict, value: object) -> Verdict:
    """The verdict with the reason that a lookup's answer gives; as it is when the answer gives none or is absent or unknown."""
    reason = clean(str(getattr(value, "reason", None) or ""))
    return decided.saying(reason) if reason else decided


def clean(text: str) -> str:
    """The text without control characters and line separators."""
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Zl", "Zp"))


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _time(value: object) -> str:
    if not isinstance(value, int | float):
        return str(finished(value))
    moment = datetime.fromtimestamp(min(max(value, _FIRST), _LAST), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _duration(value: object) -> str:
    return f"{_number(float(value))}s" if isinstance(value, int | float) else str(finished(value))


_BY_TYPE: Mapping[str, Callable[[object], str | Listed]] = {
    "time": _time,
    "time?": _time,
    "duration": _duration,
    "duration?": _duration,
}


def _default(value: Any, otherwise: str = "") -> Any:
    return value if len(value) else otherwise


@cache
def _environment() -> Environment:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Only {{ }} means something: the marks of statements and comments are what no rules file can contain.
    made = ImmutableSandboxedEnvironment(
        autoescape=False,
        block_start_string="\0%",
        block_end_string="%\0",
        comment_start_string="\0#",
        comment_end_string="#\0",
    )
    made.globals.clear()
    made.tests.clear()
    allowed = {name: made.filters[name] for name in FILTERS}
    made.filters.clear()
    made.filters.update(allowed, default=_default, component=component)
    return made
