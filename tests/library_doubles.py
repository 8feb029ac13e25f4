"""What the service lends to functions, as plain values: for tests that call a function directly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from qpsmtpd.dsl.model.values import NULL_SENDER, Address, Answer, Domain, IPAddress, LookupFailure, Size, Time

CLIENT_IP = IPv4Address("203.0.113.9")
OUR_NAME = Domain("mx.example.org")


def address(text: str) -> Address:
    """A written address as a value."""
    local, _, domain = text.rpartition("@")
    return Address(local, domain, text)


@dataclass
class FixedClock:
    """A clock that moves only when told."""

    time: float = 1_700_000_000.25

    def now(self) -> Time:
        return Time(self.time)


@dataclass
class KnownClient:
    ip: IPAddress = CLIENT_IP
    port: int = 40025
    helo: str = "client.example.net"
    relay: bool = False
    session_id: str = "S1"
    esmtp: bool = True


@dataclass
class OurSite:
    hostname: Domain = OUR_NAME
    config_dir: str = "/nowhere"


@dataclass
class WrittenEnvelope:
    sender: Address = NULL_SENDER
    recipients: list[Address] = field(default_factory=list)
    recipient: Address | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False


class FieldList:
    """A header section as a list of fields, newest on top."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        self.fields = list(fields)

    def get(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        return [value for other, value in self.fields if other.lower() == name.lower()]

    def names(self) -> list[str]:
        return [name for name, _ in self.fields]

    def add(self, name: str, value: str) -> None:
        self.fields.insert(0, (name, value))

    def set(self, name: str, value: str) -> None:
        self.remove(name)
        self.add(name, value)

    def remove(self, name: str) -> int:
        before = len(self.fields)
        self.fields = [(other, value) for other, value in self.fields if other.lower() != name.lower()]
        return before - len(self.fields)


@dataclass
class WrittenMessage:
    parts: tuple[bytes, ...] = (b"Subject: x\r\n\r\nbody\r\n",)
    header: FieldList = field(default_factory=FieldList)
    on_disk: bool = True

    @property
    def size(self) -> Size:
        return Size(sum(map(len, self.parts)))

    def chunks(self) -> Iterator[bytes]:
        yield from self.parts


@dataclass
class PreparedResolver:
    """Answers from a table of (name, type); what is not in it does not exist; an exception in it is raised."""

    table: Mapping[tuple[str, str], Answer | LookupFailure]
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def query(self, name: str, kind: str) -> Answer:
        self.asked.append((name, kind))
        answer = self.table.get((name, kind), Answer())
        if isinstance(answer, LookupFailure):
            raise answer
        return answer
