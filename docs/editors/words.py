"""The words of the language by what they are, from the tables that the program itself reads."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass

from qpsmtpd.dsl.check.filters import FILTERS
from qpsmtpd.dsl.check.steps import COMMANDS
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.settings import LATER, ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.types import SCALARS
from qpsmtpd.dsl.syntax.literals import OCTETS, SECONDS
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, STATEMENT_WORDS, TOP_WORDS, VERBS
from qpsmtpd.stdlib import catalogue

OPERATORS = ("AND", "OR", "NOT", "IN", "MATCHES")
"""The terminals of the words that stand between values."""
CONSTANTS = ("TRUE", "FALSE")
"""Those of the words that are values."""
DECLARING = ("let", "var", "define", "policy", "apply")
"""Keywords with a name behind them that the rules choose."""


@dataclass(frozen=True, slots=True)
class Words:
    """Every tuple is sorted, and no keyword is in two of the first five."""

    top: tuple[str, ...]
    control: tuple[str, ...]
    operators: tuple[str, ...]
    constants: tuple[str, ...]
    inside: tuple[str, ...]
    """The other keywords: `at`, `as`, `before`."""
    verbs: tuple[str, ...]
    hooks: tuple[str, ...]
    names: tuple[str, ...]
    types: tuple[str, ...]
    functions: tuple[str, ...]
    settings: tuple[str, ...]
    filters: tuple[str, ...]
    steps: tuple[str, ...]
    """What begins a line of a test: `client`, `rcpt`."""
    durations: tuple[str, ...]
    sizes: tuple[str, ...]


def words() -> Words:
    """The words of this version, with those of hooks and settings that it only knows by name."""
    top, control = set(TOP_WORDS) - set(STATEMENT_WORDS), set(STATEMENT_WORDS)
    operators = {word for word, terminal in KEYWORDS.items() if terminal in OPERATORS}
    constants = {word for word, terminal in KEYWORDS.items() if terminal in CONSTANTS}
    settings = {field.name for kind in (ServerSettings, ListenerSettings) for field in dataclasses.fields(kind)}
    return Words(
        top=_sorted(top),
        control=_sorted(control),
        operators=_sorted(operators),
        constants=_sorted({*constants, "none"}),
        inside=_sorted(KEYWORDS.keys() - top - control - operators - constants - set(VERBS)),
        verbs=_sorted(VERBS),
        hooks=_sorted(HOOKS),
        names=_sorted(READABLE),
        types=_sorted({*SCALARS, "list", "map", "verb"}),
        functions=_sorted({*catalogue(), *BUILTINS, "log"}),
        settings=_sorted(settings | LATER),
        filters=_sorted(FILTERS),
        steps=_sorted(COMMANDS),
        durations=_sorted(SECONDS),
        sizes=_sorted(OCTETS),
    )


def choice(of: Iterable[str]) -> str:
    """The words as one choice of a pattern, the longer ones first: `data_post|data`."""
    return "|".join(re.escape(word) for word in sorted(of, key=lambda word: (-len(word), word)))


def _sorted(of: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(of))
