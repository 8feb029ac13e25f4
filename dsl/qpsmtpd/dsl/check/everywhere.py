"""Collects what is so of a part of the rules, for those kinds of faults that are faults only when it is so everywhere.

One written rule may come to several listeners, and by several `apply` lines; where one of these makes sense of it,
nothing is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from qpsmtpd.dsl.syntax.tree import Span

_T = TypeVar("_T")


class Everywhere(Generic[_T]):
    """What was seen, by the place in the text; iterating gives those for which it was the fault each time."""

    def __init__(self) -> None:
        self._faults: dict[Span, _T] = {}
        self._sound: set[Span] = set()

    def saw(self, span: Span, fault: _T | None) -> None:
        """The part at `span` was met; `fault` tells what is wrong with it there, None nothing."""
        if fault is None:
            self._sound.add(span)
        else:
            self._faults.setdefault(span, fault)

    def __iter__(self) -> Iterator[tuple[Span, _T]]:
        for span, fault in self._faults.items():
            if span not in self._sound:
                yield span, fault
