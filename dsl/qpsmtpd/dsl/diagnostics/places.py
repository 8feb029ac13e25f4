"""Names files for other programs: relative to the folder in which the command runs, as a path and as a URI."""

from __future__ import annotations

import posixpath
from urllib.parse import quote


def relative(name: str, base: str) -> str:
    """The path of a file from the folder `base` (absolute); an absolute path for what lies outside of it."""
    path = posixpath.normpath(posixpath.join(base, name))
    return path.removeprefix(base.rstrip("/") + "/")


def uri(name: str, base: str) -> str:
    """The same as a URI reference (RFC 3986), `file:` and absolute for what lies outside."""
    path = relative(name, base)
    encoded = quote(path.encode("utf-8", "surrogateescape"))
    return f"file://{encoded}" if path.startswith("/") else encoded
