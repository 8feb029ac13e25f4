"""Checks rules that stand in a text, with a small library of its own and files that exist only in a dictionary."""

from __future__ import annotations

import enum
import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Annotated

from qpsmtpd.dsl.check.check import check
from qpsmtpd.dsl.check.surroundings import Surroundings
from qpsmtpd.dsl.check.typed import Block, Stmt, TypedRules
from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.lint import lint
from qpsmtpd.dsl.model.functions import Constant, DataFile, Fault, Function, Kind, Lasts, OnError, OwnPath, Scope, function
from qpsmtpd.dsl.model.services import Client, EarlyTalk, Header, Login, Message
from qpsmtpd.dsl.model.values import (
    Delivery,
    Domain,
    DomainSet,
    Duration,
    Listing,
    NetworkSet,
    PathTemplate,
    Pattern,
    Template,
    Variant,
)
from qpsmtpd.runtime.service.library import own_functions

_SECOND = Duration(1.0)


def _domains(text: str, fault: Fault) -> DomainSet:
    for number, line in enumerate(text.split("\n"), 1):
        if " " in line:
            fault(number, "Q702", f'"{line}" is not a domain')
    return DomainSet(text.split())


def _networks(text: str, fault: Fault) -> NetworkSet:
    return NetworkSet(ip_network(line) for line in text.split())


class Standing(enum.StrEnum):
    GOOD = "good"
    BAD = "bad"


@function(kind=Kind.GATE, on_error=OnError.DEFER, since="mail")
def rcpthosts(
    domain: Domain,
    file: Annotated[DomainSet, DataFile(_domains, "example.org\n")] = "rcpthosts",
    *,
    client: Client,  # type: ignore[assignment]
) -> bool:
    """Is the domain ours?"""
    return domain in file


@function(kind=Kind.PURE)
def networks(file: Annotated[NetworkSet, DataFile(_networks, "192.0.2.0/24\n")]) -> NetworkSet:
    """The networks of a file."""
    return file


@function(kind=Kind.PURE)
def half(number: float) -> float:
    """Half of a number."""
    if number < 0:
        raise ValueError("only numbers above zero have a half here")
    return number / 2


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, scope=Scope.CONNECTION)
async def dnsbl(
    zone: Annotated[str, Constant(lambda text: "" if "." in text else f'"{text}" is not a zone')], *, client: Client
) -> Listing | None:
    """Is the client listed?"""
    return None


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def earlytalker(wait: Annotated[Duration, Lasts()] = _SECOND, *, early: EarlyTalk) -> bool:
    """Does the client talk before the greeting?"""
    return False


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def standing(*, client: Client) -> Standing:
    """How well the client is known."""
    return Standing.GOOD


@dataclass(frozen=True)
class Clean(Variant):
    pass


@dataclass(frozen=True)
class Infected(Variant):
    name: str
    reason: str


@dataclass(frozen=True)
class Error(Variant):
    pass


@function(kind=Kind.LOOKUP, on_error=Error(), timeout=60.0)
async def scan(socket: str = "/run/scan.sock", *, message: Message) -> Clean | Infected | Error:
    """What a scanner says."""
    return Clean()


class Spf(enum.StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NONE = "none"
    TEMPERROR = "temperror"


@function(kind=Kind.LOOKUP, on_error=Spf.TEMPERROR, timeout=5.0, since="mail", until="queue")
async def spf(*, client: Client) -> Spf:
    """What the sender's domain says of the client."""
    return Spf.NONE


@function(kind=Kind.VERIFIER, on_error=OnError.DEFER)
def users(file: str = "users", *, login: Login) -> bool:
    """Are these the credentials of a user?"""
    return False


@function(kind=Kind.PURE)
def any_of(names: Sequence[str]) -> bool:
    """True when there are names."""
    return bool(names)


@function(kind=Kind.EFFECT)
def add_header(name: str, value: Template, *, header: Header) -> None:
    """Adds a field."""


@function(kind=Kind.DELIVERY)
async def mailbox(path: PathTemplate = "Mail", *, message: Message) -> Delivery:  # type: ignore[assignment]
    """Delivers into a folder whose name may depend on the message."""
    return Delivery(True, path)


@function(kind=Kind.PURE)
def alike(text: str, pattern: Pattern) -> bool:
    """Does the text match?"""
    return pattern.search(text) is not None


@function(kind=Kind.DELIVERY)
async def maildir(path: Annotated[str, OwnPath()]) -> Delivery:
    """Delivers into a folder."""
    return Delivery(True, path)


@function(kind=Kind.DELIVERY, forwards=True)
async def next_server(host: str = "127.0.0.1") -> Delivery:
    """Hands on to another server."""
    return Delivery(True, host)


_FUNCTIONS: tuple[Callable[..., object], ...] = (
    rcpthosts,
    networks,
    half,
    dnsbl,
    earlytalker,
    standing,
    scan,
    spf,
    users,
    any_of,
    add_header,
    maildir,
    mailbox,
    alike,
    next_server,
)
LIBRARY: dict[str, Function] = {f.__name__: f.__qpsmtpd__ for f in _FUNCTIONS}  # type: ignore[attr-defined]
FILES = {"rcpthosts": "example.org\n.example.org\n", "relayclients": "192.0.2.0/24\n"}


@dataclass
class Checked:
    """What the checker made of a text."""

    rules: TypedRules | None
    found: list[Finding]
    read: list[str] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        return [f.code for f in self.found]

    @property
    def told(self) -> str:
        return "\n".join(f"{f.file}:{f.line}:{f.column} {f.code} {f.message}; {f.help}" for f in self.found)

    def blocks(self, hook: str, listener: int = 0) -> tuple[Block, ...]:
        assert self.rules is not None
        return self.rules.listeners[listener].hooks.get(hook, ())

    def body(self, hook: str) -> tuple[Stmt, ...]:
        """The statements of the only block of a hook."""
        (block,) = self.blocks(hook)
        return block.body


SHIPPED = "/shipped"
"""The folder of the shipped rules: a file `/shipped/NAME.q` among the files is one of them."""


def checked(
    text: str,
    files: dict[str, str | bytes] | None = None,
    *,
    path: str = "rules.q",
    folder: str = "/etc/q",
    tests: Sequence[str] | None = None,
    lints: bool = False,
) -> Checked:
    """Checks a text as the main rules file; its tests, too, when `tests` says which are in further files."""
    present: dict[str, str | bytes] = {**FILES, **(files or {}), path: text}
    opened: list[str] = []

    def read(name: str) -> bytes:
        opened.append(name)
        if name not in present:
            raise FileNotFoundError(2, "No such file or directory", name)
        content = present[name]
        return content if isinstance(content, bytes) else content.encode()

    def matching(pattern: str) -> list[str]:
        return [name for name in fnmatch.filter(present, pattern) if name.count("/") == pattern.count("/")]

    findings = Findings()
    around = Surroundings(matching, own_functions, SHIPPED)
    rules = check(path, catalogue=LIBRARY, read=read, findings=findings, folder=folder, around=around, tests=tests)
    if lints and rules is not None:
        lint(rules, findings)
    return Checked(rules, findings.sorted(), opened)


def linted(text: str, files: dict[str, str | bytes] | None = None) -> Checked:
    """What checker and lints find in a text; of its listeners it is no finding that they deliver nothing or know no users."""
    outcome = checked(text, files, lints=True)
    return replace(outcome, found=[f for f in outcome.found if f.code not in ("Q603", "Q604")])
