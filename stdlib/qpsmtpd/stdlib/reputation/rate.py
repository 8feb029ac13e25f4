"""Counts how often something happens, by a key of the rules' choice."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, OnError, Remembers, function
from qpsmtpd.dsl.model.keys import Key, key_text
from qpsmtpd.dsl.model.measured import Measured
from qpsmtpd.dsl.model.services import Clock, Entry, State
from qpsmtpd.dsl.model.values import Duration
from qpsmtpd.stdlib.reputation.lengths import length_fault
from qpsmtpd.stdlib.reputation.moments import packed, unpacked, with_one_more

_A_DAY = Duration(86_400.0)


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, since="pre_connection")
async def rate(
    key: Key,
    name: str = "",
    over: Annotated[Duration, Constant(length_fault), Remembers()] = _A_DAY,
    *,
    state: State,
    clock: Clock,
) -> Measured:
    """How often this was called with that key: the call itself counts, and the answer compares with `300/1h`.

    `rate(user) > 300/1h` is true from the 301st call within an hour on, until no more than 300 of them lie within the hour. Each
    call counts, also one that is refused then: who goes on knocking stays out for as long as that lasts. One answer
    can be compared with several limits, each of which looks at its own time: keep it by `let`. Calling twice counts twice.

    All calls with one key count together, wherever they stand, in all processes and over restarts. To count two things by
    the same key, give one of them a `name`. Addresses count without regard to case; texts, as the login names of users, as they are.

    Up to a hundred calls are exact. Of more, the oldest may be forgotten early, by at most a 32nd of the time of the
    limit, which is two minutes of an hour; none counts too long. So nobody is over a limit who has kept it.

    Arguments:
        key: what is counted by; a text may be put together from several values, as in `"{{ ip }} {{ sender }}"`
        name: tells what is counted from what is counted elsewhere by the same key
        over: how long a call is remembered; the longest time of a limit

    Examples:
        on connect: if rate(ip, over = 1h) > 60/1m defer 4.7.0 "Too many connections, come back later"
        on mail:
            let mails = rate(sender, name = "mails")
            if mails > 20/1m or mails > 500/1d defer 4.7.1 "Too many messages of one sender"
    """
    text = key_text(key)
    now = clock.now()

    def counted(octets: bytes | None) -> tuple[Entry, Measured]:
        moments = with_one_more(unpacked(octets or b"", now, over), now)
        return Entry(packed(moments), over), Measured(sum(count for _, count in moments), over, moments, now)

    return await state.change(text, counted, name=name)
