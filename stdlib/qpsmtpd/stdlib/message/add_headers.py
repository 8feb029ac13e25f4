"""Puts fields on top of the message's header that a lookup has brought."""

from __future__ import annotations

from collections.abc import Mapping

from qpsmtpd.dsl.model.functions import Kind, function
from qpsmtpd.dsl.model.services import Header
from qpsmtpd.stdlib.message.field_names import name_fault, one_line


@function(kind=Kind.EFFECT, since="data_headers_end", until="queue")
def add_headers(fields: Mapping[str, str], *, header: Header) -> None:
    """Puts header fields on top of the message, in their order.

    Fields of these names that are there already stay. Values are made safe as `add_header` does; a name that no field can
    have is left out.

    Arguments:
        fields: the values by name

    Examples:
        on data_post:
            if message.size < 500KB:
                let found = spamassassin()
                remove_header("X-Spam-*")
                add_headers(found.headers)
    """
    for name, value in reversed([*fields.items()]):
        if not name_fault(name):
            header.add(name, one_line(value))
