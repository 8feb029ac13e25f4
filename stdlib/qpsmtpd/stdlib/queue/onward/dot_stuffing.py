"""A message as it stands behind DATA (RFC 5321 section 4.5.2): a dot more before each line that begins with one.

Lines end in CRLF alone: a bare CR or LF never gets past the engine, so nothing else begins a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def dotted(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks with dots doubled, also where two of them share a line end; the last line is ended."""
    before = b"\r\n"
    for chunk in chunks:
        if chunk:
            yield (before + chunk).replace(b"\r\n.", b"\r\n..")[len(before) :]
            before = (before + chunk)[-2:]
    if before != b"\r\n":
        yield b"\r\n"
