"""What the service lends to the rules of one program: resolver, clock, names, journal and spool."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from qpsmtpd.dsl.model.program import Program
from qpsmtpd.dsl.model.values import Domain, Time
from qpsmtpd.runtime.engine.services import Journal, Services, SiteFacts
from qpsmtpd.runtime.service.resolver import resolver


class SystemClock:
    """The machine's time."""

    def now(self) -> Time:
        """Seconds since 1970 UTC."""
        return Time(time.time())


def lend(program: Program, journal: Journal, spool: Path) -> Services:
    """The services for the sessions of a program."""
    server = program.server
    return Services(
        resolver=resolver(server.resolver),
        clock=SystemClock(),
        site=SiteFacts(server.hostname or machine_name(), server.config_dir),
        journal=journal,
        spool=spool,
    )


def machine_name() -> Domain:
    """The name of this machine as its administrator set it; asking the DNS for a longer one could hold up the start."""
    return Domain(socket.gethostname().lower() or "localhost")
