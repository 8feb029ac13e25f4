"""Finds out which header fields the message has more often than once."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.model.functions import Kind, function
from qpsmtpd.dsl.model.services import Header


@function(kind=Kind.PURE, since="data_headers_end", until="queue")
def repeated_headers(singular: Sequence[str], *, header: Header) -> list[str]:
    """Those of these header fields that the message has more often than once, as they are written here.

    Readers differ in which of two fields they believe, so a signature or a filter may have seen another one than the
    user does. RFC 5322 section 3.6 says which fields there may be once at most. Empty ones count, upper and lower case
    are the same.

    Arguments:
        singular: the names of fields that should be there once at most, without colon

    Examples:
        on data_post:
            let repeated = repeated_headers(["From", "Subject"])
            if len(repeated) > 0 deny 5.6.0 "More than one {{ repeated | join(', ') }} field"
    """
    return [name for name in singular if len(header.all(name)) > 1]
