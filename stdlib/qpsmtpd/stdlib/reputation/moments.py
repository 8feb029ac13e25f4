"""When something has happened, in few octets: so that it can be said how often that was in any time that ends now.

The limit is not known here, and may be several: so the moments themselves are kept, as long as they are few. Of many, those
that lie close together for their age become one, with the time of the oldest: then a moment stops counting early, by
at most a part of the time that is asked about (`STEPS`), and never late. So whoever is over a limit by what is said here
surely is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

STEPS = 32
"""Of so many parts of a time, the oldest may be left out."""
EXACT = 100
"""So many moments are always kept as they are."""
_FINEST = 1.0 / STEPS
"""Seconds: nobody looks closer."""
_PACKED = struct.Struct("<dI")
_MOST = 0xFFFFFFFF

Moments = tuple[tuple[float, int], ...]
"""Times in ascending order, each with how often."""


def unpacked(octets: bytes, now: float, over: float) -> Moments:
    """What is kept of the last `over` seconds; a clock that was ahead is as if it had been right."""
    return tuple((min(moment, now), count) for moment, count in _PACKED.iter_unpack(octets) if moment > now - over)


def packed(moments: Moments) -> bytes:
    """The octets to keep."""
    return b"".join(_PACKED.pack(*each) for each in moments)


def with_one_more(moments: Moments, now: float) -> Moments:
    """One more, now."""
    *before, (last, count) = moments or ((now, 0),)
    more = (*before, (now, min(count + 1, _MOST))) if last == now else (*moments, (now, 1))
    return tuple(_joined(more, now)) if len(more) > EXACT and len(more) % EXACT == 1 else more


def _joined(moments: Moments, now: float) -> Iterable[tuple[float, int]]:
    """Those that lie so close together that nobody need tell them apart are one."""
    kept: list[tuple[float, int]] = []
    ends = [moment for moment, _ in moments[1:]] + [now]
    for (moment, count), end in zip(moments, ends, strict=True):
        # the next one's moment is the latest at which this can have ended
        if kept and end - kept[-1][0] <= max((now - end) / STEPS, _FINEST):
            kept[-1] = (kept[-1][0], min(kept[-1][1] + count, _MOST))
        else:
            kept.append((moment, count))
    return kept
