"""Makes a header field say what the rules say, whatever the client has put there."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, function
from qpsmtpd.dsl.model.services import Header
from qpsmtpd.dsl.model.values import Template
from qpsmtpd.stdlib.message.field_names import name_fault, one_line


@function(kind=Kind.EFFECT, since="data_headers_end", until="queue")
def set_header(name: Annotated[str, Constant(name_fault)], value: Template, *, header: Header) -> None:
    """Removes every header field of that name, then puts one on top of the message.

    For what later programs trust, like a score: a client cannot have sent it already. Values are made safe as
    `add_header` does.

    Arguments:
        name: the field's name, without colon
        value: its value, which may have `{{ }}` in it

    Examples:
        on data_post:
            unless trusted set_header("X-Spam-Score", "{{ score }}")
    """
    header.set(name, one_line(value))
