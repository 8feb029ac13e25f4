"""Decides which lengths of time something can be remembered for."""

from __future__ import annotations


def length_fault(seconds: str) -> str:
    """What is wrong with a duration, as a text of its seconds, or an empty text."""
    return "" if float(seconds) > 0 else "it must be more than zero"
