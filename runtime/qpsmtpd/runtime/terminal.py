"""Decides whether a stream is read by a person on a terminal that shows colours."""

from __future__ import annotations

import os
from typing import TextIO


def colourful(stream: TextIO) -> bool:
    """True for a terminal, unless NO_COLOR is set to anything or the terminal is a dumb one."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
