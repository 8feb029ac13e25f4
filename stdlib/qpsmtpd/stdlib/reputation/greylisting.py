"""Decides whether a delivery is a first attempt, comes back too early, or may pass: greylisting without a verdict.

The decisions are those of qpsmtpd's plugin of that name, with what its documentation promises and its code had lost: who
comes back in time is known from then on.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, OnError, function
from qpsmtpd.dsl.model.keys import key_text
from qpsmtpd.dsl.model.services import Client, Clock, Entry, Envelope, State
from qpsmtpd.dsl.model.values import Address, Duration, IPAddress
from qpsmtpd.stdlib.reputation.lengths import length_fault

_BLACK, _GREY, _WHITE = Duration(3000.0), Duration(12_000.0), Duration(36 * 86_400.0)
_MODES = ("denysoft", "testonly", "off")
_PASSED = b"passed"
_PREFIXES = {4: 24, 6: 64}
"""The network that counts as one client, by version of IP."""
_Length = Annotated[Duration, Constant(length_fault)]


class Greylisting(enum.StrEnum):
    """How a delivery stands."""

    NEW = "new"
    """Seen for the first time, or forgotten since."""
    EARLY = "early"
    """It has come back before `black_timeout` was over."""
    PASSED = "passed"
    """It has come back in time, and is known from now on."""
    KNOWN = "known"
    """It has passed before."""


def mode_fault(mode: str) -> str:
    """What is wrong with a mode, or an empty text."""
    return "" if mode in _MODES else f'"{mode}" is no mode: it is "denysoft", "testonly" or "off"'


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, since="mail", until="rcpt")
async def greylisting(
    remote_ip: bool = True,
    sender: bool = False,
    recipient: bool = False,
    network: bool = False,
    black_timeout: _Length = _BLACK,
    grey_timeout: _Length = _GREY,
    white_timeout: _Length = _WHITE,
    mode: Annotated[str, Constant(mode_fault)] = "denysoft",
    name: str = "",
    *,
    client: Client,
    envelope: Envelope,
    state: State,
    clock: Clock,
) -> Greylisting:
    """Whether this delivery is a first attempt, or has been made before.

    Much spam software does not come back when it is asked to try again; a mail server does. A delivery is the client,
    the sender and the recipient, as far as they are asked for. The first attempt is `new`, others until `black_timeout` is
    over are `early`. The first one after that has `passed`, and those that follow are `known`, until none has come for
    `white_timeout`. When nobody comes back within `grey_timeout` of the first attempt, it is forgotten; that is never less
    than twice the `black_timeout`, so there is always time to come back. Each call is an attempt.

    When state does not answer, the call fails and nothing is refused. The policy `greylisting` decides by this function.

    Arguments:
        remote_ip: the client's address is part of what is remembered
        sender: so is the sender
        recipient: so is the recipient in hand; in `mail` there is none yet
        network: all addresses of a network are one client: /24 of IPv4, /64 of IPv6
        black_timeout: how long attempts are too early
        grey_timeout: how long a first attempt is remembered when nobody comes back
        white_timeout: how long one that has passed is remembered, from the last time it was seen
        mode: with `off` nothing is remembered, and every delivery is `known`; what `denysoft` and `testonly` are is up to the policy
        name: tells these deliveries from others that are remembered apart

    Examples:
        on rcpt unless relay:
            match greylisting(recipient = true, black_timeout = 5m):
                case new, early: defer 4.7.1 "Greylisted, try again in five minutes"
                case passed, known: pass
    """
    if mode == "off":
        return Greylisting.KNOWN
    addresses = [envelope.sender] * sender + [envelope.recipient] * recipient
    key = _key(_client(client.ip, network=network) if remote_ip else None, addresses)
    times = _Times(black_timeout, Duration(max(grey_timeout, 2 * black_timeout)), white_timeout)
    now = clock.now()
    return await state.change(key, lambda value: times.attempt(value, now), name=name)


@dataclass(frozen=True, slots=True)
class _Times:
    """How long a delivery is too early, is waited for, and is known."""

    black: Duration
    grey: Duration
    white: Duration

    def attempt(self, value: bytes | None, now: float) -> tuple[Entry | None, Greylisting]:
        """What becomes of what is remembered: the time of the first attempt, or that it has passed."""
        if value is None:
            return Entry(b"%.3f" % now, self.grey), Greylisting.NEW
        if value == _PASSED:
            return Entry(_PASSED, self.white), Greylisting.KNOWN
        if now - float(value) < self.black:
            return None, Greylisting.EARLY
        return Entry(_PASSED, self.white), Greylisting.PASSED


def _client(ip: IPAddress, *, network: bool) -> str:
    return str(ip_network((ip, _PREFIXES[ip.version]), strict=False) if network else ip)


def _key(client: str | None, addresses: Sequence[Address | None]) -> str:
    """Those parts that there are, so that no two deliveries become the same text."""
    parts = [client] if client is not None else []
    parts += [key_text(address) for address in addresses if address is not None]
    return "\n".join(part.replace("\\", "\\\\").replace("\n", "\\n") for part in parts)
