"""Receives a message's octets: finds the end of data, undoes dot-stuffing, refuses what is no proper mail (RFC 5321 4.5.2, 2.3.8).

Only CRLF . CRLF ends a message. The work is done on blocks of whole lines: what is left of the last line waits for
the next read, so each block begins at a line's start and its checks need no memory of the one before. After a fault
everything is dropped, holding four octets, until the real end of data; so a client cannot make its message a command.
It knows no session; where a large message is put, `Spool` knows.
"""

from __future__ import annotations

from io import IncrementalNewlineDecoder
from typing import NamedTuple

from qpsmtpd.runtime.smtp import replies
from qpsmtpd.runtime.smtp.header import fields_end
from qpsmtpd.runtime.smtp.spool import SpoolFile

_SMALL = 4096
"""Blocks under this many octets are gathered: as objects of their own they would weigh more than what they hold."""
_SMALL_ALONE = 16
"""... but the first few are not, since most messages have no more."""
_GATHERED = 65536
HEADER_LIMIT = 256 * 1024
"""Octets of a header section that are taken: all of it is looked at, so none may hide behind its length."""
HOPS = 50
"""Trace fields of a message that is going round in circles (RFC 5321 section 6.3)."""
_HOPS_SIZE = HOPS * len("Received:\r\n")

_line_ends = IncrementalNewlineDecoder(None, False)
"""Notes every kind of line end that it meets, in one pass: so each CR has its LF beside it, and each LF its CR, when it
has met CRLF only. Counting CR, LF and CRLF takes three passes."""
_PROPER = ("\r\n", None)


class BodyLimits(NamedTuple):
    """What a message may measure, in octets, and above which size it goes to disk."""

    size: int
    line: int
    memory: int


class Body:
    """A message while it comes in."""

    fault: bytes | None = None
    """The reply at the end of data when the message cannot be taken."""
    file: SpoolFile | None = None
    memory = 0
    """Octets in `parts`."""
    size = 0
    """Octets of content so far, after dot-unstuffing."""
    taken = 0
    """Octets received so far."""
    head = b""
    """What the message begins with, to the end of its header section."""
    heading = False
    """Set by whoever waits for the end of the header section."""
    _headed = False
    _seam = b"\r\n"
    """While somebody waits for that: the last octets received."""
    _tail = b""
    _carry: bytearray | None = None
    _small: bytearray | None = None

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self.parts: list[bytes] = []
        """The content that is in memory, after what is in `file`."""

    @property
    def full(self) -> bool:
        """True when what is in memory should go to disk before more is taken."""
        return self.memory >= self._limits.memory

    def feed(self, data: bytes, pos: int) -> int:
        """Takes `data` from `pos` on; gives the place behind the end of data, or -1 when all was taken and it has not come."""
        self.taken += len(data) - pos
        if self.fault is not None:
            return self._drop(data, pos)
        carry = self._carry
        if not carry:
            return self._lines(data, pos)
        kept = len(carry)
        carry += memoryview(data)[pos:]
        if data.find(b"\n", pos) < 0:
            if len(carry) > self._limits.line + 1:
                self._fail(replies.BODY_LINE_TOO_LONG, bytes(carry))
            return -1
        self._carry = None
        end = self._lines(bytes(carry), 0)
        return end if end < 0 else end - kept + pos

    def header_end(self, data: bytes, pos: int) -> int:
        """The place behind the empty line that ends the header section, or -1 when it has not come."""
        seam = self._seam
        found = (seam + data[pos : pos + 3]).find(b"\r\n\r\n")
        if found >= 0:
            return pos + found + 4 - len(seam)
        found = data.find(b"\r\n\r\n", pos)
        if found >= 0:
            return found + 4
        self._seam = (seam + data[max(pos, len(data) - 3) :])[-3:]
        return -1

    def header_in(self) -> None:
        """The header section is complete, as far as what was fed ends with it."""
        self.heading = False
        if self.fault is None:
            self._settle()

    def finish(self) -> None:
        """Judges the whole; to be called once, at the end of data."""
        if self.fault is not None:
            return
        parts = self.parts
        end = parts[0].find(b"\r\n\r\n", 0, HEADER_LIMIT) if len(parts) == 1 and not self._headed else -1
        if end >= 0 and self._small is None and not parts[0].startswith(b"\r\n"):
            self.head = parts[0][: end + 4]  # what nearly every message is: one read, one header section
        else:
            self._settle()
        if len(self.head) > _HOPS_SIZE and (b"\n" + self.head.lower()).count(b"\nreceived:") > HOPS:
            self._fail(replies.LOOP, b"")

    def taken_parts(self) -> list[bytes]:
        """Hands over what is in memory, for the disk."""
        self._settle()
        parts, self.parts, self.memory = self.parts, [], 0
        return parts

    def fail(self, reply: bytes) -> None:
        """Gives the message up for a reason from outside, between two reads."""
        self._fail(reply, bytes(self._carry or b""))

    def release(self) -> None:
        """Gives memory and disk space back."""
        self.parts = []
        self._small = self._carry = None
        self.memory = 0
        if self.file is not None:
            self.file.close()
            self.file = None

    def _settle(self) -> None:
        """Puts gathered octets in their place, and finds the end of the header section among the parts."""
        if self._small:
            self.parts.append(bytes(self._small))
            self._small = None
        if self._headed:
            return
        head = self.head
        for part in self.parts:
            start = max(0, len(head) - 3)
            head += part
            end = 0 if head.startswith(b"\r\n") else head.find(b"\r\n\r\n", start, HEADER_LIMIT) + 2
            if end != 1:
                head, self._headed = head[: end + 2], True
                break
            if len(head) >= HEADER_LIMIT:
                head, self._headed = head[:HEADER_LIMIT], True
                if b"\n" not in head[fields_end(head) :]:
                    self.fail(replies.HEADER_TOO_BIG)
                break
        self.head = head

    def _lines(self, data: bytes, pos: int) -> int:
        """Takes octets that begin at a line's start."""
        dots = data.startswith(b".", pos)
        if dots and data.startswith(b"\r\n", pos + 1):
            return pos + 3
        end = data.find(b"\r\n.", pos)
        if end >= 0 and not data.startswith(b"\r\n", end + 3):
            dots = True
            end = data.find(b"\r\n.\r\n", end + 1)
        if end >= 0:
            self._block(data[pos : end + 2], dots)
            return end + 5
        last = data.rfind(b"\n", pos) + 1
        if last:
            self._block(data[pos:last], dots)
        else:
            last = pos
        rest = data[last:]
        if self.fault is not None:
            self._tail = (self._tail + rest)[-4:]
        elif len(rest) > self._limits.line + 1:
            self._fail(replies.BODY_LINE_TOO_LONG, rest)
        elif rest:
            self._carry = bytearray(rest)
        return -1

    def _block(self, block: bytes, dots: bool) -> None:
        """Checks whole lines and keeps them."""
        limits = self._limits
        if b"\0" in block:
            return self._fail(replies.HAS_NUL, block)
        _line_ends.decode(block.decode("latin-1"), True)
        if _line_ends.newlines not in _PROPER:
            _line_ends.reset()
            return self._fail(replies.NOT_CRLF, block)
        if len(block) > limits.line and _longest_over(block, limits.line):
            return self._fail(replies.BODY_LINE_TOO_LONG, block)
        if dots:
            first = 1 if block.startswith(b".") else 0
            block = block[first:].replace(b"\r\n.", b"\r\n")
        size = len(block)
        self.size += size
        if self.size > limits.size:
            return self._fail(replies.TOO_BIG, block)
        self.memory += size
        if self._small is None and (size >= _SMALL or len(self.parts) < _SMALL_ALONE):
            self.parts.append(block)
        else:
            self._gather(block)
        return None

    def _gather(self, block: bytes) -> None:
        small = self._small
        if small is None:
            small = self._small = bytearray()
        small += block
        if len(small) >= _GATHERED:
            self.parts.append(bytes(small))
            self._small = None

    def _fail(self, reply: bytes, seen: bytes) -> None:
        """From here on only the end of data matters; `seen` began at a line's start."""
        self.fault = reply
        self._tail = (b"\r\n" + seen[-4:])[-4:]
        self.release()

    def _drop(self, data: bytes, pos: int) -> int:
        tail = self._tail
        seam = tail + data[pos : pos + 4]
        found = seam.find(b"\r\n.\r\n")
        if found >= 0:
            return pos + found + 5 - len(tail)
        found = data.find(b"\r\n.\r\n", pos)
        if found >= 0:
            return found + 5
        self._tail = (tail + data[max(pos, len(data) - 4) :])[-4:]
        return -1


def _longest_over(block: bytes, limit: int) -> bool:
    """True when a line is longer than `limit` octets without its CRLF; looks at one place every `limit` octets."""
    start, size = 0, len(block)
    while size - start > limit:
        end = block.rfind(b"\n", start, start + limit + 2) + 1
        if not end:
            return True
        start = end
    return False
