"""Gives header fields of the message another name."""

from __future__ import annotations

from typing import Annotated

from qpsmtpd.dsl.model.functions import Constant, Kind, function
from qpsmtpd.dsl.model.services import Header
from qpsmtpd.stdlib.message.field_names import meant, name_fault, one_line


@function(kind=Kind.EFFECT, since="data_headers_end", until="queue")
def rename_header(
    name: Annotated[str, Constant(name_fault)], to: Annotated[str, Constant(name_fault)], *, header: Header
) -> None:
    """Renames every header field of that name, so that later programs do not take it for theirs.

    The fields move to the top of the message, and keep their order among those of one name. Upper and lower case are the same. A `*` at the end of
    `name` stands for any more characters, and so does one at the end of `to` for those that were found there. A field whose
    name would be longer than 70 characters is removed.

    Arguments:
        name: the fields' name, without colon
        to: what they are called then

    Examples:
        on data_post: rename_header("X-Spam-*", to = "X-Old-Spam-*")
    """
    end = len(name.removesuffix("*"))
    renamed = [
        (to.removesuffix("*") + found[end:] if to.endswith("*") else to, value)
        for found in meant(name, header)
        for value in header.all(found)
    ]
    for found in meant(name, header):
        header.remove(found)
    for new, value in reversed(renamed):
        if not name_fault(new):
            header.add(new, one_line(value))
