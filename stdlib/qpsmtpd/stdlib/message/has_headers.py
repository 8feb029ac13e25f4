"""Decides whether the message has the header fields that it should have."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.model.functions import Kind, function
from qpsmtpd.dsl.model.services import Header


@function(kind=Kind.PURE, since="data_headers_end", until="queue")
def has_headers(require: Sequence[str], *, header: Header) -> bool:
    """True when the message has every one of these header fields.

    A field that is there but empty does not count. Upper and lower case are the same. RFC 5322 section 3.6 requires
    `From` and `Date`.

    Arguments:
        require: the fields' names, without colon

    Examples:
        on data_post: unless has_headers(["From", "Date"]) deny 5.6.0 "Missing header field"
    """
    return all(any(value.strip() for value in header.all(name)) for name in require)
