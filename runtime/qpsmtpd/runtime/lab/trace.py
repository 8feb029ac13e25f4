"""One imaginary session through the real engine, with real lookups, told as it goes; nothing of it is delivered or kept.

It ends where the server ends it, at a refused MAIL, or when no recipient was taken.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.values import Domain
from qpsmtpd.runtime.engine.services import Services, SiteFacts
from qpsmtpd.runtime.lab.bench import Bench, prepare
from qpsmtpd.runtime.lab.line import Line, Reply
from qpsmtpd.runtime.lab.live_calls import LiveCalls
from qpsmtpd.runtime.lab.record import Event, Record, Said
from qpsmtpd.runtime.lab.simulated import SIMULATED
from qpsmtpd.runtime.lab.stand_ins import LabQuarantine
from qpsmtpd.runtime.service.lending import SystemClock, machine_name
from qpsmtpd.runtime.service.library import library
from qpsmtpd.runtime.service.resolver import resolver
from qpsmtpd.runtime.service.rules import content
from qpsmtpd.runtime.state.open import state_file, untouched

_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Order:
    """The session: who comes, and what is said. Empty texts leave things to custom; no message means that DATA is not said."""

    ip: str
    mail: str
    rcpt: tuple[str, ...]
    rdns: str = ""
    listener: str = ""
    helo: str = ""
    tls: bool = False
    user: str = ""
    message: bytes | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """The outcome: `bench` is None when the rules were refused."""

    bench: Bench | None
    findings: Findings
    events: tuple[Event, ...] = ()


def trace(rules: Path, order: Order) -> Traced:
    """Runs the session. Raises OSError when the rules cannot be read, KeyError when they have no such listener."""
    content(rules)
    record = Record()
    calls = LiveCalls(record, Domain(order.rdns) if order.rdns else None)
    prepared = prepare(rules, library(), calls.stand_in, None, read=lambda name: content(Path(name)))
    bench = prepared.bench
    if bench is None:
        return Traced(None, prepared.findings)
    if order.listener and order.listener not in bench.listeners:
        raise KeyError(order.listener)
    with tempfile.TemporaryDirectory(prefix="qpsmtpd-trace-") as spool:
        asyncio.run(_session(bench, order, record, Path(spool)))
    return Traced(bench, prepared.findings, tuple(record.events))


async def _session(bench: Bench, order: Order, record: Record, spool: Path) -> None:
    server = bench.program.server
    listener = bench.listener(order.listener)
    site = SiteFacts(server.hostname or machine_name(), server.config_dir)
    clock = SystemClock()
    with untouched(state_file(bench.program), clock) as state:
        services = Services(resolver(server.resolver), clock, site, record, spool, LabQuarantine(record), state)
        record.add(Said("", f"client {order.ip} at listener {listener.name}"))
        line = Line(listener, server, services, order.ip, record)
        await _dialogue(line, order)
        if not line.closed:
            await line.say("QUIT")
        await line.hang_up()


async def _dialogue(line: Line, order: Order) -> None:
    if _refused(await line.begin()):
        return
    hello = f"EHLO {order.helo or order.rdns or _literal(order.ip)}"
    if _refused(await line.say(hello)):
        return
    if order.tls:
        SIMULATED["tls"](line)
        if _refused(await line.say(hello)):
            return
    if order.user:
        SIMULATED["auth"](line, order.user)
    if _refused(await line.say(f"MAIL FROM:<{order.mail}>")):
        return
    taken = [not _refused(await line.say(f"RCPT TO:<{recipient}>")) for recipient in order.rcpt if not line.closed]
    if order.message is not None and any(taken) and not line.closed and not _refused(await line.say("DATA")):
        await line.send(order.message)


def _refused(answer: list[Reply]) -> bool:
    return not answer or answer[0].code >= _REFUSED


def _literal(ip: str) -> str:
    return f"[IPv6:{ip}]" if ":" in ip else f"[{ip}]"
