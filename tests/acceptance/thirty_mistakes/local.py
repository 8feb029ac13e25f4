"""What this site asks besides what every site can: its users, its scanner, and what senders say of their servers."""

import enum
from dataclasses import dataclass

from qpsmtpd.dsl.model.functions import Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Envelope, Login, Message, Resolver
from qpsmtpd.dsl.model.values import Delivery, Domain, Variant


class Spf(enum.StrEnum):
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NONE = "none"
    TEMPERROR = "temperror"


@function(kind=Kind.LOOKUP, on_error=Spf.TEMPERROR, timeout=5.0, scope=Scope.TRANSACTION)
async def spf(*, envelope: Envelope, resolver: Resolver) -> Spf:
    """What the sender's domain says of the client."""
    await resolver.query(str(envelope.sender.domain), "TXT")
    return Spf.NONE


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, since="mail", scope=Scope.TRANSACTION)
async def takes_mail(domain: Domain, *, resolver: Resolver) -> bool:
    """True when a domain says where its mail goes."""
    return bool((await resolver.query(domain, "MX")).records)


@function(kind=Kind.VERIFIER, on_error=OnError.DEFER)
def known_user(*, login: Login) -> bool:
    """True for a user's name with its secret."""
    return (login.login, login.secret) == ("ann", "opensesame")


@dataclass(frozen=True)
class Clean(Variant):
    pass


@dataclass(frozen=True)
class Infected(Variant):
    name: str


@dataclass(frozen=True)
class Error(Variant):
    pass


@function(kind=Kind.LOOKUP, on_error=Error(), timeout=60.0, scope=Scope.TRANSACTION)
async def virus(socket: str, *, message: Message) -> Clean | Infected | Error:
    """What the virus scanner says of the message."""
    return Clean()


@function(kind=Kind.DELIVERY, forwards=True)
async def mail_server(*, message: Message, envelope: Envelope) -> Delivery:
    """Hands the message to the server that keeps the mailboxes."""
    return Delivery(True, "queued")
