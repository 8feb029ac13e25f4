"""A client that talks to the SMTP engine without sockets: octets in, replies out, rules as plain functions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from library_doubles import FixedClock, PreparedResolver
from qpsmtpd.dsl.model.program import HookCode, ListenerProgram
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.values import Delivery, Domain
from qpsmtpd.dsl.model.verdicts import Verb, Verdict, verdict
from qpsmtpd.runtime.engine.services import Services, SiteFacts
from qpsmtpd.runtime.smtp.machine import Machine
from qpsmtpd.runtime.smtp.session import Session
from qpsmtpd.runtime.smtp.setup import set_up
from qpsmtpd.runtime.smtp.states import CLOSED
from qpsmtpd.runtime.state.memory import MemoryStore

OUR_DOMAIN = "example.org"
DENY = verdict(Verb.DENY, "rules.q:1", 550, "5.7.1", "No")
DEFER = verdict(Verb.DEFER, "rules.q:2", 450, "4.7.1", "Later")
DISCARD = verdict(Verb.DISCARD, "rules.q:3", 250, "2.0.0", "Ok")
ACCEPT = verdict(Verb.ACCEPT, "rules.q:4", 250, "2.0.0", "Delivered")
_NO_VARIABLES: Mapping[str, Any] = {}
ENVELOPE = (b"EHLO client.example.net", b"MAIL FROM:<a@example.net>", b"RCPT TO:<b@example.org>")


@dataclass
class Records:
    """A journal that keeps what it is given."""

    all: list[dict[str, Any]] = field(default_factory=list)

    def record(self, event: str, level: str = "info", **fields: object) -> None:
        self.all.append({"event": event, "level": level, **fields})

    def recorder(self, event: str, level: str, *names: str) -> Callable[..., None]:
        return lambda *values: self.record(event, level, **dict(zip(names, values, strict=True)))

    def named(self, event: str) -> list[dict[str, Any]]:
        return [record for record in self.all if record["event"] == event]


class Loopback:
    """The wire of a client that is not there."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 25)}.get(name, default)


@dataclass
class Delivered:
    """What reached the delivery: the content of each message, without our trace field, and its recipients."""

    contents: list[bytes] = field(default_factory=list)
    traces: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    def take(self, s: Any, t: Any) -> Verdict:
        trace, *rest = t.message.chunks()
        self.traces.append(trace)
        self.contents.append(b"".join(rest))
        self.recipients.append([r.text for r in t.recipients])
        return ACCEPT


def ours(s: Any, t: Any) -> Verdict | None:
    """`unless rcpthosts(domain) deny`."""
    if t.recipient.domain == OUR_DOMAIN:
        t.marked = True
        return None
    return DENY


class PutAside:
    """Quarantines that keep what they get: name, recipients and content of each message."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, list[str], bytes]] = []

    async def keep(self, place: str, message: Any, envelope: Any) -> Delivery:
        if envelope.gone:
            return Delivery(False, "The client has gone", enhanced="4.4.2")
        _, *rest = message.chunks()
        self.kept.append((place, [r.text for r in envelope.recipients], b"".join(rest)))
        return Delivery(True, "Queued as 1")


def lent(journal: Any, spool: Path) -> Services:
    """The services of a session in a test."""
    site = SiteFacts(Domain("mx.example.org"), "/nowhere")
    clock = FixedClock()
    return Services(PreparedResolver({}), clock, site, journal, spool, PutAside(), MemoryStore(clock))


class Talk:
    """One connection. `said` holds the reply lines since the last call."""

    def __init__(
        self,
        settings: ServerSettings | None = None,
        spool: Path | None = None,
        /,
        *,
        connection_vars: Mapping[str, Any] = _NO_VARIABLES,
        transaction_vars: Mapping[str, Any] = _NO_VARIABLES,
        **hooks: HookCode,
    ) -> None:
        self.journal = Records()
        self.delivered = Delivered()
        rules = {"rcpt": ours, "queue": self.delivered.take, **hooks}
        listener = ListenerProgram("mx", ListenerSettings(), rules, connection_vars, transaction_vars)
        services = lent(self.journal, spool or Path(tempfile.gettempdir()))
        setup = set_up(listener, settings or ServerSettings(), services)
        self.session = Session(Loopback(), ("203.0.113.9", 4711), "mx", services)
        self.machine = Machine(setup, self.session)
        self.machine.start()
        self.greeting = self.read()

    @property
    def put_aside(self) -> Any:
        """What rules have put into quarantine."""
        return self.session.services.quarantine

    def read(self) -> bytes:
        """The replies that wait."""
        said = b"".join(self.machine.out)
        self.machine.out.clear()
        while self.machine.more:
            self.machine.go_on()
            said += b"".join(self.machine.out)
            self.machine.out.clear()
        return said

    def send(self, data: bytes) -> bytes:
        """Feeds octets as they are, and gives the replies."""
        self.machine.feed(data)
        return self.read()

    def say(self, *lines: bytes) -> list[str]:
        """Sends commands one by one, and gives the first words of each last reply line: code and enhanced code."""
        return [coded(self.send(line + b"\r\n")) for line in lines]

    def begin(self) -> None:
        """Everything up to the answer to DATA."""
        assert self.say(*ENVELOPE, b"DATA")[-1] == "354"

    def message(self, content: bytes) -> str:
        """A whole message; the code of its answer."""
        self.begin()
        return coded(self.send(content + b".\r\n"))

    async def settle(self) -> bytes:
        """Awaits what the machine wants, and gives the replies."""
        said = b""
        while self.machine.want is not None:
            want, self.machine.want = self.machine.want, None
            self.machine.resume(await want)
            said += self.read()
        return said

    @property
    def closed(self) -> bool:
        return self.machine.mode == CLOSED


def coded(reply: bytes) -> str:
    """`250 2.1.0` of the last line of a reply; 354 and the like have no second word."""
    line = reply.rstrip(b"\r\n").rpartition(b"\n")[2].decode("ascii")
    words = line.split(" ")
    return " ".join(words[:2]) if len(words) > 1 and words[1].count(".") == 2 and words[1][0].isdigit() else words[0]


def codes(replies: bytes) -> list[str]:
    """The code of every reply."""
    return [line[:3].decode("ascii") for line in replies.splitlines() if line[3:4] == b" "]


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The octets cut at these places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]
