"""Functions that a site declares for itself: here they stand for those that the rules of the page need."""

import enum

from qpsmtpd.dsl.model.functions import Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Client, Envelope, Login, Resolver
from qpsmtpd.dsl.model.values import Domain, Duration


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


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, since="rcpt")
async def known_triplet(delay: Duration, *, client: Client, envelope: Envelope) -> bool:
    """Whether the client has written this mail before, long enough ago."""
    return False
