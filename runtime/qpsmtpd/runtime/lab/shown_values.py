"""How values of rules are shown to people: much as the rules would write them, in one line."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Function
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN, Address, AddressSet, DomainSet, NetworkSet, Rate

_MOST = 5
"""Elements of a list that are shown."""
_LONGEST = 120
_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"))


def shown(value: Any, kind: Type) -> str:
    """The value as a text."""
    text = _shown(value, kind.present())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def spelled_call(function: Function, arguments: Sequence[Any]) -> str:
    """A call as rules would write it, with its values; what is as by default is left out, and so are data files."""
    said = []
    by_name = False
    for parameter, value in zip(function.parameters, arguments, strict=True):
        if parameter.file is not None or (not parameter.required and value == parameter.default):
            by_name = True
            continue
        text = json.dumps(str(value), ensure_ascii=False) if isinstance(value, str | Address) else shown(value, parameter.type)
        said.append(f"{parameter.name} = {text}" if by_name else text)
    return f"{function.name}({', '.join(said)})"


def _shown(value: Any, kind: Type) -> str:
    if value is UNKNOWN or value is DEFER:
        return "unknown"
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case enum.Enum():
            return str(value.value)
        case int() | float():
            return _number(value, kind)
        case Rate():
            return f"{value.count}/{_number(value.seconds, t.DURATION)}"
        case Address():
            return value.text or "<>"
        case str():
            return str(value) if kind in (t.DOMAIN, t.IP) else json.dumps(value, ensure_ascii=False)
        case NetworkSet() | DomainSet() | AddressSet():
            return f"a list of {len(value)}"
        case list() | tuple():
            return _listed(value, kind)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
        types = dict(kind.fields)
        said = ", ".join(
            f"{name} = {_shown(each, types.get(name, t.TEXT))}" for name, each in fields if each not in ("", (), None)
        )
        return f"{type(value).__name__.lower()}({said})"
    return str(value)


def _listed(value: list[Any] | tuple[Any, ...], kind: Type) -> str:
    element = kind.of or t.TEXT
    more = [f"… {len(value)} in all"] if len(value) > _MOST else []
    return "[" + ", ".join([_shown(each, element) for each in value[:_MOST]] + more) + "]"


def _number(value: float, kind: Type) -> str:
    if kind == t.TIME:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if kind == t.DURATION:
        seconds, unit = next(((s, u) for s, u in _UNITS if value >= s and value % s == 0), (1.0, "s"))
        return f"{value / seconds:g}{unit}"
    return f"{value:g}B" if kind == t.SIZE and value < 1000 else f"{value / 1000:g}KB" if kind == t.SIZE else f"{value:g}"
