"""Puts a field on top of the message's header."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, function
from qpsmtpd.dsl.model.services import Header
from qpsmtpd.dsl.model.values import Template
from qpsmtpd.stdlib.message.field_names import name_fault, one_line


@function(kind=Kind.EFFECT, since="data_headers_end", until="queue")
def add_header(name: Annotated[str, Constant(name_fault)], value: Template, *, header: Header) -> None:
    """Puts a header field on top of the message.

    Fields of that name that are there already stay. Line ends and control characters in the value become blanks,
    long values are folded, and what is not ASCII is written as encoded words (RFC 2047): whatever a client has put into
    it, the result is one field.

    Arguments:
        name: the field's name, without colon
        value: its value, which may have `{{ }}` in it

    Examples:
        on data_post: add_header("X-Helo", "{{ helo }}")
    """
    header.add(name, one_line(value))
