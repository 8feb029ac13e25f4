"""Stock aiosmtpd as people run it, without rules: one process, a handler that takes every message and drops it.

python stock_aiosmtpd.py PORT asyncio|uvloop
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class Drop:
    """Takes every message."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "250 OK"


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    # asyncio sets TCP_NODELAY only on sockets whose protocol says TCP
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    handler = Drop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="bench.local", loop=loop), sock=sock, backlog=4096)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


def main(port: int, kind: str) -> None:
    if kind == "uvloop":
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(port))
    else:
        asyncio.run(serve(port))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
