"""The servers that tests here talk to."""

from __future__ import annotations

from servers.knot import name_server

__all__ = ["name_server"]
