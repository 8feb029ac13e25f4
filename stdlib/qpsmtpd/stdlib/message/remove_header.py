"""Takes header fields out of the message."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, function
from qpsmtpd.dsl.model.services import Header
from qpsmtpd.stdlib.message.field_names import meant, name_fault


@function(kind=Kind.EFFECT, since="data_headers_end", until="queue")
def remove_header(name: Annotated[str, Constant(name_fault)], *, header: Header) -> None:
    """Removes every header field of that name from the message.

    Upper and lower case are the same. When there is no such field nothing happens. A `*` at the end stands for any more
    characters: `X-Spam-*` is every field that some spam filter may have put there.

    Arguments:
        name: the field's name, without colon

    Examples:
        on data_post:
            remove_header("X-Spam-*")
            remove_header("X-Virus-Found")
    """
    for found in meant(name, header):
        header.remove(found)
