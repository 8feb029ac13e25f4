"""What spamd answers to the request HEADERS: its verdict, and the message's new header section, of which its own fields count.

Read strictly: an answer that is cut off, or of another form, is a failure. SpamAssassin takes fields of its names out of
a message before it puts in its own (but for `X-Spam-Prev-…`, which are left out here), so no sender can forge them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from qpsmtpd.dsl.model.values import LookupFailure
from qpsmtpd.stdlib.scanner.printable import printable

ANSWER = 512 * 1024
"""Octets of an answer that are taken: twice as many as a header section may have."""
_STATUS = re.compile(rb"SPAMD/[0-9]+\.[0-9]+ 0 EX_OK")
_NUMBER = rb"(-?[0-9]{1,6}(?:\.[0-9]{1,3})?)"
_VERDICT = re.compile(rb"(True|False) ; " + _NUMBER + rb" / " + _NUMBER)
_FIELD = re.compile(rb"(X-Spam-(?!Prev-)[A-Za-z0-9_-]{1,50}):([^\n]*+\n(?:[ \t][^\n]*+\n)*)")
_TESTS = re.compile(r"\btests=([A-Za-z0-9_]+(?:, ?[A-Za-z0-9_]+)*)")
_MOST_FIELDS = 30
_MOST_TESTS = 500
_LONGEST_TEST = 80
_LONGEST_VALUE = 8000
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Spam:
    """What SpamAssassin thinks of a message.

    `spam` says that `score` has reached `threshold`, the user's own one where spamd knows it. `symbols` are the tests
    that have hit; `headers` the fields that it would put on the message, without those of its `X-Spam-Prev-…`.
    """

    score: float
    threshold: float
    spam: bool
    symbols: tuple[str, ...]
    headers: Mapping[str, str]


def parsed(answer: bytes, whole: bool) -> Spam:
    """An answer as a value; `whole` says that spamd has had all of the message. Raises LookupFailure for one that is none."""
    if not answer:
        raise LookupFailure("it closed the connection without an answer")
    top, end, section = answer.partition(b"\r\n\r\n")
    status, *lines = top.split(b"\r\n")
    if not _STATUS.fullmatch(status):
        raise LookupFailure(f"it answered {printable(status, _LONGEST_WORDS)}")
    if not whole:
        raise LookupFailure("it answered before it had the message")
    said = dict(line.split(b": ", 1) for line in lines if b": " in line)
    if not end or said.get(b"Content-length") != b"%d" % len(section):
        raise LookupFailure("its answer is not whole")
    verdict = _VERDICT.fullmatch(said.get(b"Spam", b""))
    if verdict is None:
        raise LookupFailure(f"it said no score, but {printable(said.get(b'Spam', b'nothing'), _LONGEST_WORDS)}")
    headers = _fields(section)
    score, threshold = float(verdict[2]) + 0.0, float(verdict[3]) + 0.0  # -0.0 becomes 0.0
    return Spam(score, threshold, verdict[1] == b"True", _symbols(headers), headers)


def _fields(section: bytes) -> Mapping[str, str]:
    """SpamAssassin's fields by name, in their order; of several with one name the first."""
    fields: dict[str, str] = {}
    at = 0
    while at < len(section) and len(fields) < _MOST_FIELDS:
        if match := _FIELD.match(section, at):
            value = b" ".join(match[2].split())
            fields.setdefault(match[1].decode("ascii"), printable(value, _LONGEST_VALUE) if value else "")
            at = match.end()
        else:
            at = section.find(b"\n", at) + 1 or len(section)
    return fields


def _symbols(headers: Mapping[str, str]) -> tuple[str, ...]:
    found = _TESTS.search(headers.get("X-Spam-Status", ""))
    names = [] if found is None or found[1] == "none" else found[1].replace(" ", "").split(",")
    return tuple(name for name in names[:_MOST_TESTS] if len(name) <= _LONGEST_TEST)
