"""What the service lends to the rules of one program: resolver, clock, names, journal, spool and quarantines."""

from __future__ import annotations

import socket
import time
from collections import Counter
from pathlib import Path

from qpsmtpd.dsl.model.program import Program
from qpsmtpd.dsl.model.values import Domain, Time
from qpsmtpd.runtime.engine.services import Journal, Services, SiteFacts
from qpsmtpd.runtime.service.quarantine import Quarantines
from qpsmtpd.runtime.service.resolver import resolver
from qpsmtpd.runtime.state.store import Store


class SystemClock:
    """The machine's time."""

    def now(self) -> Time:
        """Seconds since 1970 UTC."""
        return Time(time.time())


def lend(program: Program, journal: Journal, *, spool: Path, state: Store, would_have: Counter[tuple[str, str]]) -> Services:
    """The services for the sessions of a program; `state` and `would_have` are those of all programs of a service."""
    server = program.server
    clock = SystemClock()
    site = SiteFacts(server.hostname or machine_name(), server.config_dir)
    return Services(
        resolver=resolver(server.resolver),
        clock=clock,
        site=site,
        journal=journal,
        spool=spool,
        quarantine=Quarantines(Path(program.folder, server.quarantine), clock=clock, site=site),
        state=state,
        would_have=would_have,
    )


def machine_name() -> Domain:
    """The name of this machine as its administrator set it; asking the DNS for a longer one could hold up the start."""
    return Domain(socket.gethostname().lower() or "localhost")
