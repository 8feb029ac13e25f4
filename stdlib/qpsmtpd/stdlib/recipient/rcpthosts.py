"""Decides whether mail for a domain is this site's to take: the gate that keeps strangers from relaying.

The rules are qpsmtpd's `rcpt_ok`, without its exemption of trusted clients: those never relay.
"""

from __future__ import annotations

from typing import Any

from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.services import Client, Site
from qpsmtpd.dsl.model.values import Domain
from qpsmtpd.stdlib.data.own_domains import OwnDomainFile

# the compiler turns the name into the file's contents before the function is called
_CUSTOMARY: Any = "rcpthosts"


@function(kind=Kind.GATE, on_error=OnError.DEFER, since="mail")
def rcpthosts(domain: Domain, file: OwnDomainFile = _CUSTOMARY, *, client: Client, site: Site) -> bool:
    """True when the domain is ours, or when this connection may relay.

    A domain is ours when the file has it, or has a `.domain` entry that it lies below, or when it is our host name
    (`hostname` in `server:`). A connection may relay after `relay = true`; `trusted` has nothing to do with it.
    Asked for the recipient in hand, a true answer is what lets the engine accept that recipient.

    Arguments:
        domain: the recipient's domain: `domain` or `recipient.domain` in `rcpt`
        file: a list of domains, one a line, looked for in `config_dir`

    Examples:
        on rcpt: unless rcpthosts(domain) deny
    """
    return client.relay or domain in file or domain == site.hostname
