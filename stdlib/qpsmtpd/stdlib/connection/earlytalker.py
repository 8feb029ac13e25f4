"""Decides whether the client speaks before it has been greeted, or sends a message before it has been told to."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Kind, Lasts, OnError, function
from qpsmtpd.dsl.model.services import EarlyTalk
from qpsmtpd.dsl.model.values import Duration

_ONE_SECOND = Duration(1.0)


@function(
    kind=Kind.LOOKUP,
    on_error=OnError.UNKNOWN,
    timeout=20.0,
)
async def earlytalker(wait: Annotated[Duration, Lasts()] = _ONE_SECOND, *, early: EarlyTalk) -> bool:
    """True when the client sends something before its turn.

    A mail server waits for the greeting, and for the answer to DATA (RFC 5321 section 3.1, RFC 2920 section 3.1); much
    spam software does not. In `connect` it is asked before the greeting, in `data` before the client is told to send its
    message: what it has sent behind the DATA command already counts too. The client is given `wait` to give itself away,
    so each honest client waits that long too: leave out the trusted ones. Asked twice in a hook it waits once.

    A client that sends on after DATA is cut off by the engine when no rule asks this. Where a rule has asked, the rule
    decides: a client that it refuses is cut off after the reply, one that it lets pass is served.

    Arguments:
        wait: how long to listen for the client

    Examples:
        on connect unless trusted:
            if earlytalker(wait = 2s) deny 5.5.4 "Talked before the greeting" and disconnect
        on data unless trusted:
            if earlytalker(wait = 250ms) deny 5.5.4 "Sent a message before it was asked for"
    """
    return await early.talked_early(wait)
