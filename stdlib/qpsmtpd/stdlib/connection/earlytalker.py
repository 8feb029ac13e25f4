"""Decides whether the client speaks before it has been greeted."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Kind, Lasts, OnError, Scope, function
from qpsmtpd.dsl.model.services import EarlyTalk
from qpsmtpd.dsl.model.values import Duration

_ONE_SECOND = Duration(1.0)


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=20.0, scope=Scope.CONNECTION, since="connect", until="connect")
async def earlytalker(wait: Annotated[Duration, Lasts()] = _ONE_SECOND, *, early: EarlyTalk) -> bool:
    """True when the client sends something before the greeting.

    A mail server waits for the greeting (RFC 5321 section 3.1); much spam software does not. The client is given `wait`
    to give itself away, so each honest client waits that long too: leave out the trusted ones.

    Arguments:
        wait: how long to listen before the greeting

    Examples:
        on connect unless trusted:
            if earlytalker(wait = 2s) deny 5.5.4 "Talked before the greeting" and disconnect
    """
    return await early.talked_early(wait)
