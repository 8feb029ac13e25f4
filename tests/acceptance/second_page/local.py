"""Functions that a site declares for itself: here they stand for those that the rules of the page need."""

import enum
from dataclasses import dataclass

from qpsmtpd.dsl.model.functions import Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Client, Envelope, Login, Message, Resolver
from qpsmtpd.dsl.model.values import Address, Domain, Duration, Variant


class Fcrdns(enum.StrEnum):
    PASS = "pass"
    NONE = "none"
    MISMATCH = "mismatch"
    TEMPERROR = "temperror"


@function(kind=Kind.LOOKUP, on_error=Fcrdns.TEMPERROR, timeout=5.0, scope=Scope.CONNECTION)
async def fcrdns(*, client: Client, resolver: Resolver) -> Fcrdns:
    """Whether the client's name leads back to its address."""
    await resolver.query(client.ip.reverse_pointer, "PTR")
    return Fcrdns.PASS


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, since="mail", scope=Scope.TRANSACTION)
async def resolvable(domain: Domain, *, resolver: Resolver) -> bool:
    """Whether a domain takes mail."""
    return bool((await resolver.query(domain, "MX")).records)


class Spf(enum.StrEnum):
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"
    TEMPERROR = "temperror"


@function(kind=Kind.LOOKUP, on_error=Spf.TEMPERROR, timeout=5.0, scope=Scope.TRANSACTION)
async def spf(*, envelope: Envelope, resolver: Resolver) -> Spf:
    """What the sender's domain says of the client."""
    await resolver.query(str(envelope.sender.domain), "TXT")
    return Spf.NEUTRAL


@function(kind=Kind.VERIFIER, on_error=OnError.DEFER)
def auth_flat_file(*, login: Login) -> bool:
    """Whether the credentials are those of a user."""
    return login.login == "ann" and login.secret == "opensesame"


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0, since="rcpt")
async def local_user(recipient: Address, *, client: Client) -> bool:
    """Whether there is such a user."""
    return bool(recipient.local)


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, since="rcpt")
async def known_triplet(delay: Duration, *, client: Client, envelope: Envelope) -> bool:
    """Whether the client has written this mail before, long enough ago."""
    return False


@dataclass(frozen=True)
class Clean(Variant):
    pass


@dataclass(frozen=True)
class Infected(Variant):
    name: str


@dataclass(frozen=True)
class Skipped(Variant):
    why: str


@dataclass(frozen=True)
class Error(Variant):
    pass


@function(kind=Kind.LOOKUP, on_error=Error(), timeout=60.0, scope=Scope.TRANSACTION)
async def clamdscan(socket: str, *, message: Message) -> Clean | Infected | Skipped | Error:
    """What a virus scanner says of the message."""
    return Clean()


@dataclass(frozen=True)
class Spam:
    score: float


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=60.0, scope=Scope.TRANSACTION)
async def spamassassin(socket: str, *, message: Message) -> Spam:
    """What a spam filter says of the message."""
    return Spam(0.0)
