"""The functions that belong to the language itself: what they compute. How they are typed is the checker's matter.

They take lists and texts of any kind, which no signature of a library function could say.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Builtin:
    """`form` shows how a call is written; `meaning` is what it gives."""

    form: str
    meaning: str
    code: Callable[..., Any]
    method: bool = False
    """It is called on a value: `header.all(…)`."""


def _any_in(values: Iterable[object], collection: Container[object]) -> bool:
    return any(value in collection for value in values)


def _all_in(values: Iterable[object], collection: Container[object]) -> bool:
    return all(value in collection for value in values)


def _fields(header: Any, name: str) -> Sequence[str]:
    return tuple(header.all(name))


BUILTINS: Mapping[str, Builtin] = {
    "len": Builtin("len(x)", "how many characters a text has, or how many entries a list or map", len),
    "lower": Builtin("lower(text)", "the text in lower case", str.lower),
    "exact": Builtin("exact(text)", "the text, compared with regard to upper and lower case", lambda text: text),
    "any_in": Builtin("any_in(list, collection)", "true when some entry of the list is in the collection", _any_in),
    "all_in": Builtin("all_in(list, collection)", "true when every entry of the list is in the collection", _all_in),
    "all": Builtin('header.all("Received")', "every header field of that name, first to last", _fields, method=True),
}
"""By name."""
FREE = tuple(name for name, builtin in BUILTINS.items() if not builtin.method)
"""Those that are called by their name alone."""
