"""What Postfix's cleanup service reads and says: attributes, records, flags, and the meaning of its status.

The protocol is Postfix's own and private, but has been the same since Postfix 2.3, the greeting's first attribute
apart. An attribute is a name and a value, each ended by NUL; an empty name ends the list. A record is a type octet, a
length in groups of seven bits, the lowest first, and that many octets. Facts: Postfix's global/rec_type.h,
global/cleanup_user.h, global/mail_proto.h, global/record.c. Knows no socket.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from qpsmtpd.dsl.model.values import Delivery
from qpsmtpd.stdlib.queue.onward.answers import said

TIME, ATTRIBUTE, SENDER, RECIPIENT, MORE_FLAGS, MESSAGE, LINE, PART_OF_LINE, EXTRACTED, END = b"TASRfMNLXE"

FLAGS: Mapping[str, int] = {
    "FLAG_NONE": 0,
    "FLAG_BOUNCE": 1,
    "FLAG_FILTER": 2,
    "FLAG_HOLD": 4,
    "FLAG_DISCARD": 8,
    "FLAG_BCC_OK": 16,
    "FLAG_MAP_OK": 32,
    "FLAG_MILTER": 64,
    "FLAG_FILTER_ALL": 2 | 64,
    "FLAG_MASK_EXTERNAL": 2 | 64 | 16 | 32,
    "FLAG_MASK_INTERNAL": 32,
    "FLAG_MASK_EXTRA": 4 | 8,
}
"""What a client may ask of cleanup, by the names that qpsmtpd's plugin has for it."""

_IN_RECORD = FLAGS["FLAG_MASK_EXTRA"]
"""Flags that are said in a record: with one of them in its first attributes, cleanup would not read what follows."""
_LONGEST = 2048
"""Octets of a line in one record; Postfix's own `line_length_limit`."""
_STATUS = (
    (256, 451, "4.7.1", "Try again later"),
    (128, 451, "4.3.0", "The mail queue cannot be written, try again later"),
    (1, 451, "4.3.0", "The mail queue is out of order, try again later"),
    (2, 451, "4.3.0", "The mail queue cannot be written, try again later"),
    (64, 554, "5.1.0", "No recipients"),
    (16, 554, "5.4.6", "Too many hops, this message goes round in circles"),
    (4, 554, "5.3.4", "Message too big"),
    (8, 554, "5.7.1", "Message content rejected"),
    (512, 554, "5.7.1", "Not permitted"),
    (65536, 554, "5.5.2", "Bare line feeds"),
)
"""Bits of a status, what they mean to a client, and in which words; those that may pass come first."""
_OF_STATUS_ONLY = 1 | 2 | 128
"""With these cleanup's reason speaks of its own disks and protocol: not for the client."""


def flags_fault(text: str) -> str:
    """What is wrong with a flag's name, or an empty text."""
    if text in FLAGS:
        return ""
    return f'"{text}" is no flag of Postfix\'s cleanup; there are {", ".join(FLAGS)}'


def flag_bits(names: Iterable[str]) -> tuple[int, int]:
    """Flags together: those of the first attributes, and those that are said in a record of their own."""
    bits = 0
    for name in names:
        bits |= FLAGS[name]
    return bits & ~_IN_RECORD, bits & _IN_RECORD


def attributes(values: Mapping[str, str]) -> bytes:
    """An attribute list."""
    return b"".join(f"{name}\0{value}\0".encode() for name, value in values.items()) + b"\0"


def record(kind: int, data: bytes = b"") -> bytes:
    """One record."""
    return _head(kind, len(data)) + data


def _head(kind: int, length: int) -> bytes:
    octets = bytearray((kind,))
    while length > 0x7F:
        octets.append(length & 0x7F | 0x80)
        length >>= 7
    octets.append(length)
    return bytes(octets)


_HEADS = [_head(LINE, length) for length in range(_LONGEST + 1)]
_PART = _head(PART_OF_LINE, _LONGEST)


def named(name: str, value: str) -> bytes:
    """A record with a named attribute; nothing when there is no value, which cleanup would complain of."""
    return record(ATTRIBUTE, f"{name}={value}".encode()) if value else b""


def content(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The records of a message with CRLF line ends, as many pieces as it has chunks."""
    held = b""
    for chunk in chunks:
        lines = (held + chunk).split(b"\r\n")
        held = lines.pop()
        yield b"".join(_records(lines))
    if held:
        yield b"".join(_records([held]))


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        if len(line) <= _LONGEST:
            yield _HEADS[len(line)]
            yield line
            continue
        last = (len(line) - 1) // _LONGEST * _LONGEST
        for start in range(0, last, _LONGEST):
            yield _PART
            yield line[start : start + _LONGEST]
        yield _HEADS[len(line) - last]
        yield line[last:]


def refusal(status: int, reason: str) -> Delivery:
    """What a status other than zero says to the client; one that nobody knows is for later."""
    for bit, code, enhanced, text in _STATUS:
        if status & bit:
            own = bit & _OF_STATUS_ONLY or not reason
            return said(code, text if own else reason, enhanced=enhanced)
    return said(451, "The mail queue is out of order, try again later", enhanced="4.3.0")
