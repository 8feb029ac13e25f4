"""Finds the name that the DNS gives the client's address."""

from __future__ import annotations

from qpsmtpd.dsl.model.functions import Kind, OnError, Scope, function
from qpsmtpd.dsl.model.services import Client, Resolver
from qpsmtpd.dsl.model.values import Domain
from qpsmtpd.stdlib.dns.names import host_name

MOST = 10
"""PTR records that are looked at: whoever runs the zone may have put thousands there."""


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0, scope=Scope.CONNECTION)
async def rdns(*, client: Client, resolver: Resolver) -> Domain | None:
    """The client's name by reverse lookup (PTR), absent when it has none.

    `rdns` without brackets is the same: a name like `ip`. Of several names it is the first one in alphabetical order, so
    that the answer is the same each time; what is no host name counts as none. Whoever has the address chooses the name
    freely: it proves nothing.

    Examples:
        on connect:
            unless rdns() score += 1
            if rdns and rdns in [".dynamic.example.net"] score += 2
    """
    answer = await resolver.query(client.ip.reverse_pointer, "PTR")
    names = [name for record in answer.records[:MOST] if (name := host_name(record))]
    return Domain(min(names)) if names else None
