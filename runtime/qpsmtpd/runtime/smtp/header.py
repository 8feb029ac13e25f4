"""The header section of the message in hand: fields kept as received, and what rules change laid over them (RFC 5322 2.2).

No field that rules do not touch is ever written anew: signatures over it stay good. The section ends at the empty
line, or before the first line that is no field, so that rules see the same header as the next reader.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from email.utils import mktime_tz, parsedate_tz
from textwrap import wrap

from qpsmtpd.dsl.model.hooks import READABLE
from qpsmtpd.dsl.model.services import Clock
from qpsmtpd.dsl.model.values import Duration

_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*")
_NAME = re.compile(r"[!-9;-~]{1,70}")
_FOLD = 78
_ENCODED = 45
"""Octets in one encoded word of at most 75 characters (RFC 2047 section 2)."""


class Header:
    """See `qpsmtpd.dsl.model.services.Header`. The fields that rules read as attributes (`header.subject`) are added below."""

    __slots__ = ("_added", "_clock", "_fields", "_raw", "_removed")

    def __init__(self, raw: bytes, clock: Clock) -> None:
        """`raw` begins with the header section; what follows it is not looked at."""
        self._raw = raw
        self._clock = clock
        self._fields: list[tuple[bytes, int, int]] | None = None
        self._added: list[tuple[bytes, bytes]] = []
        self._removed: set[bytes] = set()

    def get(self, name: str) -> str | None:
        return next((_unfolded(field) for field in self._named(name)), None)

    def all(self, name: str) -> Sequence[str]:
        return [_unfolded(field) for field in self._named(name)]

    def names(self) -> Sequence[str]:
        kept = [self._raw[start:end] for name, start, end in self._parsed() if name not in self._removed]
        fields = [*(field for _, field in self._added), *kept]
        return [field.partition(b":")[0].rstrip().decode("ascii") for field in fields]

    def __getitem__(self, name: str) -> str | None:
        return self.get(name)

    def add(self, name: str, value: str) -> None:
        """Raises ValueError when `name` is no field name. Whatever stands in `value`, the field stays one field."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a header field")
        self._added.insert(0, (name.lower().encode("ascii"), _folded(name, value)))

    def set(self, name: str, value: str) -> None:
        self.remove(name)
        self.add(name, value)

    def remove(self, name: str) -> int:
        key = _key(name)
        before = len(list(self._named(name)))
        self._added = [field for field in self._added if field[0] != key]
        self._removed.add(key)
        return before

    @property
    def age(self) -> Duration | None:
        """How long ago the message was written, by its Date field; negative when that lies ahead, None when it says no time."""
        written = self.get("date")
        parsed = None if written is None else parsedate_tz(written)
        if parsed is None:
            return None
        try:
            return Duration(self._clock.now() - mktime_tz(parsed))
        except (ValueError, OverflowError):
            return None

    @property
    def length(self) -> int:
        """Octets of the received section, its empty line included."""
        end = self._end()
        return end + 2 if self._raw.startswith(b"\r\n", end) else end

    def octets(self) -> bytes:
        """The section as it will be delivered, with the empty line that ends it."""
        top = b"".join(field for _, field in self._added)
        if not self._removed:
            return top + self._raw[: self._end()] + b"\r\n"
        kept = (self._raw[start:end] for name, start, end in self._parsed() if name not in self._removed)
        return top + b"".join(kept) + b"\r\n"

    def _named(self, name: str) -> Iterator[bytes]:
        key = _key(name)
        yield from (field for added, field in self._added if added == key)
        if key not in self._removed:
            yield from (self._raw[start:end] for found, start, end in self._parsed() if found == key)

    def _parsed(self) -> list[tuple[bytes, int, int]]:
        fields = self._fields
        if fields is None:
            fields, at = [], 0
            while match := _FIELD.match(self._raw, at):
                fields.append((match[1].lower(), at, match.end()))
                at = match.end()
            self._fields = fields
        return fields

    def _end(self) -> int:
        fields = self._parsed()
        return fields[-1][2] if fields else 0


def fields_end(raw: bytes) -> int:
    """Where the fields end that `raw` begins with; the empty line is not among them."""
    at = 0
    while match := _FIELD.match(raw, at):
        at = match.end()
    return at


def _attribute(name: str) -> property:
    def read(header: Header) -> str | None:
        return header.get(name)

    return property(read)


for _name, _ in READABLE["header"][0].type.fields:
    if _name not in vars(Header):
        setattr(Header, _name, _attribute(_name.replace("_", "-")))


def _key(name: str) -> bytes:
    return name.lower().encode("utf-8")


def _unfolded(field: bytes) -> str:
    return field.partition(b":")[2].replace(b"\r\n", b"").decode("utf-8", "replace").strip(" \t")


def _folded(name: str, value: str) -> bytes:
    """A field of lines that are short enough; control characters become blanks, text beyond ASCII encoded words (RFC 2047)."""
    text = "".join(c if c.isprintable() else " " for c in value)
    words = text if text.isascii() else _encoded(text)
    lines = wrap(f"{name}: {words}", _FOLD, break_on_hyphens=False) or [f"{name}:"]
    return "\r\n ".join(lines).encode("ascii") + b"\r\n"


def _encoded(text: str) -> str:
    words, part = [], b""
    for char in text:
        octets = char.encode("utf-8", "replace")
        if len(part) + len(octets) > _ENCODED:
            words.append(part)
            part = b""
        part += octets
    return " ".join(f"=?utf-8?B?{b64encode(word).decode('ascii')}?=" for word in (*words, part))
