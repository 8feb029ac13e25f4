"""Servers on loopback sockets, on both event loops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop

from loopback_server import Play, Server
from qpsmtpd.dsl.model.program import HookCode
from qpsmtpd.dsl.model.settings import ServerSettings


@pytest.fixture(params=["asyncio", "uvloop"])
def played(request, tmp_path):
    """Runs a play against a server on each loop; no error of the loop, and no connection left, is part of it."""

    def run(play: Play, settings: ServerSettings | None = None, **hooks: HookCode) -> Server:
        trouble: list[dict[str, Any]] = []

        async def whole() -> Server:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
            server = Server(tmp_path, settings or ServerSettings(), **hooks)
            listening = await server.listen()
            try:
                await play(server)
                await server.empty()
            finally:
                listening.close()
            assert server.acceptor._addresses == {}
            return server

        factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            server = runner.run(whole())
        assert trouble == []
        return server

    return run
