"""Asks the DNS for rules: which servers, how often, how long, and what is asked only once.

A question goes to each server in turn, in two rounds with longer patience. The same question is under way once, however
many want its answer; a caller that stops waiting takes nothing from the others. An answer that nothing exists is an
answer; only servers that fail or stay silent are a failure, and a failure is never kept.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from pathlib import Path

from qpsmtpd.dsl.model.settings import endpoint_fault, parse_endpoint
from qpsmtpd.dsl.model.values import Answer, LookupFailure
from qpsmtpd.runtime.service.dns_cache import AnswerCache, Key
from qpsmtpd.runtime.service.dns_exchange import Endpoint, exchange
from qpsmtpd.runtime.service.dns_wire import ServerFailed, Unaskable, answer, question

PATIENCE = (1.5, 3.0)
"""Seconds that a server has in each round."""
LIFETIME = 10.0
"""Seconds after which a question is given up, whoever still waits for it."""
MOST_AT_ONCE = 500
"""Questions under way at the same time, each a socket; more wait."""
MOST_SERVERS = 3
"""As in resolv.conf(5)."""


def resolver(servers: tuple[str, ...] = ()) -> DnsResolver:
    """The resolver for these servers (`ADDRESS:PORT`), or for those of /etc/resolv.conf when none are named.

    For the same servers it is the same one, cache included, so that a reload of the rules forgets nothing.
    """
    return _shared(servers or system_servers())


@functools.cache
def _shared(servers: tuple[str, ...]) -> DnsResolver:
    return DnsResolver(servers)


def system_servers(file: Path = Path("/etc/resolv.conf")) -> tuple[str, ...]:
    """The machine's name servers as `ADDRESS:PORT`; the one on this machine where none are configured."""
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"]
    endpoints = [f"[{name}]:53" if ":" in name else f"{name}:53" for name in named]
    return tuple(text for text in endpoints if not endpoint_fault(text))[:MOST_SERVERS] or ("127.0.0.1:53",)


class DnsResolver:
    """See `qpsmtpd.dsl.model.services.Resolver`. Belongs to the event loop in which it is asked."""

    def __init__(self, servers: tuple[str, ...], *, clock: Callable[[], float] = time.monotonic) -> None:
        """`servers` are `ADDRESS:PORT`; `clock` gives seconds for the cache."""
        self._servers = [_endpoint(text) for text in servers]
        self._cache = AnswerCache(clock)
        self._under_way: dict[Key, asyncio.Task[Answer]] = {}
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def query(self, name: str, kind: str) -> Answer:
        """The records of `name` of type `kind`. Raises LookupFailure when no server gave an answer."""
        key = (name.lower().removesuffix("."), kind)
        kept = self._cache.get(key)
        if kept is not None:
            return kept
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._ask(key))
            task.add_done_callback(functools.partial(self._arrived, key))
        return await asyncio.shield(task)

    def _arrived(self, key: Key, task: asyncio.Task[Answer]) -> None:
        del self._under_way[key]
        # asked for here, so that a failure which nobody waits for any more is no error of the loop's
        if not task.cancelled() and task.exception() is None:
            self._cache.put(key, task.result())

    async def _ask(self, key: Key) -> Answer:
        try:
            async with asyncio.timeout(LIFETIME), self._room:
                return await self._ask_each(key)
        except TimeoutError:
            raise LookupFailure(f"{_written(key)}: no answer within {LIFETIME:g} s") from None

    async def _ask_each(self, key: Key) -> Answer:
        failures: dict[Endpoint, str] = {}
        for patience in PATIENCE:
            for server in self._servers:
                if failures.get(server, "silence") != "silence":
                    # it has said what it has to say
                    continue
                try:
                    async with asyncio.timeout(patience):
                        return answer(await exchange(question(*key), server))
                except Unaskable:
                    return Answer()
                except ServerFailed as error:
                    failures[server] = str(error)
                except TimeoutError:
                    failures[server] = "silence"
        said = ", ".join(f"{host} port {port}: {failure}" for (host, port), failure in failures.items())
        raise LookupFailure(f"{_written(key)}: no name server answered ({said})")


def _written(key: Key) -> str:
    return f"{key[1]} of {key[0]}"


def _endpoint(text: str) -> Endpoint:
    host, port = parse_endpoint(text)
    return ("127.0.0.1" if host == "localhost" else host), port
