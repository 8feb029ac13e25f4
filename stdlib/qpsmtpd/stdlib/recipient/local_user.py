"""Decides whether a recipient exists here: in the system's user database, in a list of users, or among the aliases.

Whether mail for the domain is ours at all is `rcpthosts`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.values import Address
from qpsmtpd.stdlib.data.aliases import AliasFile
from qpsmtpd.stdlib.data.users import UserFile
from qpsmtpd.stdlib.recipient.passwd_users import is_user

_NOBODY = MappingProxyType[str, str]({})


@function(kind=Kind.LOOKUP, on_error=OnError.DEFER, timeout=5.0, since="mail")
async def local_user(
    recipient: Address,
    users: UserFile = _NOBODY,
    aliases: AliasFile = _NOBODY,
    passwd: bool = True,
    extension: str = "",
) -> bool:
    """True when the recipient is somebody here.

    It is asked in this order: the file `users`, the file `aliases`, the system's user database (passwd, or whatever
    nsswitch.conf names). A name in the files is that local part at every domain; `ann@example.org` is that address,
    `@example.org` everybody there. Upper and lower case are the same. Where the user database cannot be asked, mail is
    put off, unless the files have the recipient.

    Mail for `postmaster` has to be taken (RFC 5321 section 4.5.1): let `aliases` have it.

    Arguments:
        recipient: who is asked about: `recipient` in `rcpt`
        users: a list of users, one a line: local parts, addresses, or `@domain`
        aliases: a map like a mail server's /etc/aliases: `name: where its mail goes`
        passwd: whether users of the system are users here
        extension: the character behind which a local part may go on as it likes, as in `ann+lists`; none unless given

    Examples:
        on rcpt: unless local_user(recipient) deny 5.1.1 "No such user"
        on rcpt if domain == "example.org":
            unless local_user(recipient, users = "users", passwd = false) deny 5.1.1 "No such user"
        on rcpt: unless local_user(recipient, aliases = "aliases", extension = "+") deny 5.1.1 "No such user"
    """
    for local in _names(recipient.local or "", extension):
        keys = (local.lower(), f"{local.lower()}@{recipient.domain}", f"@{recipient.domain}")
        if any(key in users or key in aliases for key in keys):
            return True
        if passwd and (await is_user(local) or (local != local.lower() and await is_user(local.lower()))):
            return True
    return False


def _names(local: str, extension: str) -> Iterator[str]:
    """The local part, and what is left of it without its extension."""
    if local:
        yield local
    base, found, _ = local.partition(extension) if extension else (local, "", "")
    if found and base:
        yield base
