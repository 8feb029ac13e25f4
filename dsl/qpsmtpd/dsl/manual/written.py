"""Decides how values stand in a rules file: `5m`, `25MB`, `["From", "Date"]`, `none`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qpsmtpd.dsl.model.types import DURATION, SIZE, Type
from qpsmtpd.dsl.syntax.literals import OCTETS, SECONDS


def written(value: Any, kind: Type) -> str:
    """A value of that type as it would stand in a rules file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if kind.present() == DURATION:
        return _in_units(round(value * 1000), {unit: round(seconds * 1000) for unit, seconds in SECONDS.items()})
    if kind.present() == SIZE:
        return _in_units(value, OCTETS)
    if str(value) in kind.present().members:
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(written(each, kind.present().of or kind) for each in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_units(value: int, units: Mapping[str, int]) -> str:
    """The value in the largest unit of which it has a whole number."""
    largest_first = sorted(units.items(), key=lambda unit: -unit[1])
    unit, size = next(((u, n) for u, n in largest_first if value >= n and value % n == 0), largest_first[-1])
    return f"{value // size}{unit}"


def code(names: Iterable[str]) -> str:
    """Names in backticks, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)
