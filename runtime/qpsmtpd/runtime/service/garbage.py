"""How often Python looks for garbage that refers to itself, in a process whose work makes next to none.

Sessions and messages are freed by counting references, the moment they end; what remains for the collector are
reloads and accidents. So what start-up made is never looked at again, and the rest seldom.
"""

from __future__ import annotations

import gc

_YOUNG = 20_000
"""New containers between two looks at the youngest; Python's own 700 would mean a look every few messages."""


def collect_seldom() -> None:
    """To be called once, when the rules are loaded and everything stands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
