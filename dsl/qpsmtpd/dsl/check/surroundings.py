"""What lies around a rules file and is the caller's to look at: folders, shipped rules, Python files. Nothing is opened here."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from qpsmtpd.dsl.model.functions import Catalogue


class Unloadable(Exception):
    """A Python file that gives no functions; the text says why, for the operator who wrote it."""


def _nothing(pattern: str) -> Sequence[str]:
    return ()


def _no_python(path: str, source: bytes) -> Catalogue:
    raise Unloadable("functions of one's own cannot be loaded here")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`matching` gives the files that a pattern of names (`conf.d/*.q`) means; `functions` the functions that a Python
    file declares, or raises Unloadable; `shipped` is the folder of the rules that come with the product.
    """

    matching: Callable[[str], Sequence[str]] = _nothing
    functions: Callable[[str, bytes], Catalogue] = _no_python
    shipped: str = ""


@cache
def seen_from(main: str, file: str, shipped: str) -> str:
    """How a file is named to an operator: as seen from the main rules file; a shipped one as `qpsmtpd/headers.q`."""
    if shipped and file.startswith(f"{shipped}/"):
        return f"qpsmtpd/{file[len(shipped) + 1 :]}"
    return posixpath.relpath(file, posixpath.dirname(main) or ".")
