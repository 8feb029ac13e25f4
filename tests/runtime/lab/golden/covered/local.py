"""Functions of one's own, for the rules beside it."""

import enum

from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.values import Domain


class Standing(enum.StrEnum):
    GOOD = "good"
    BAD = "bad"
    NEW = "new"
    AWAY = "away"


@function(kind=Kind.LOOKUP, on_error=Standing.AWAY, timeout=5.0)
async def standing(domain: Domain) -> Standing:
    """How well a domain is known."""
    raise AssertionError("a test asks nobody")


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0)
async def known_user(domain: Domain) -> bool:
    """Whether somebody is at home."""
    raise AssertionError("a test asks nobody")
