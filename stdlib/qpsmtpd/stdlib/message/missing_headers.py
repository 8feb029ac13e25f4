"""Finds out which header fields the message lacks."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.model.functions import Kind, function
from qpsmtpd.dsl.model.services import Header


@function(kind=Kind.PURE, since="data_headers_end", until="queue")
def missing_headers(require: Sequence[str], *, header: Header) -> list[str]:
    """Those of these header fields that the message does not have, as they are written here.

    A field that is there but empty does not count. Upper and lower case are the same. Where it does not matter which
    ones are missing, `has_headers` is shorter.

    Arguments:
        require: the fields' names, without colon

    Examples:
        on data_post:
            let missing = missing_headers(["From", "Date"])
            if len(missing) > 0 deny 5.6.0 "These header fields are missing: {{ missing | join(', ') }}"
    """
    return [name for name in require if not any(value.strip() for value in header.all(name))]
