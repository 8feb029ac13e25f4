"""The parse table of grammar.lark: made once, when the first text is parsed.

Lark makes the table; reading with it is done in read.py, because what a line means after a mistake is ours to decide.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Reduction:
    """The last `size` values become one: what the builder calls `name`; None passes a single value on, or splices."""

    name: str | None
    size: int
    origin: str


Action = int | Reduction
"""The next state of a shift, or a reduction."""


@dataclass(frozen=True, slots=True)
class Table:
    """What to do in each state with each terminal (or finished rule), and where to begin and end."""

    states: Sequence[Mapping[str, Action]]
    start: int
    end: int


@functools.cache
def table() -> Table:
    """The table of the rule language."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """Tokens come from scan.py."""

        def __init__(self, conf: Any) -> None:
            pass

        def lex(self, lexer_state: Any, parser_state: Any) -> Any:
            return iter(())

    grammar = (files("qpsmtpd.dsl.syntax") / "grammar.lark").read_text("utf-8")
    lark = Lark(grammar, parser="lalr", lexer=NoLexer, keep_all_tokens=True, maybe_placeholders=False)
    made = lark.parse_interactive("").parser_state.parse_conf.parse_table
    numbers = {state: number for number, state in enumerate(made.states)}
    states = [{name: _action(action[0], action[1], numbers) for name, action in row.items()} for row in made.states.values()]
    return Table(states, numbers[made.start_states["start"]], numbers[made.end_states["start"]])


def _action(kind: Any, argument: Any, numbers: Mapping[Any, int]) -> Action:
    if str(kind) == "Shift":
        return numbers[argument]
    size = len(argument.expansion)
    origin = str(argument.origin.name)
    passes = origin.startswith("_") or (argument.options.expand1 and size == 1 and not argument.alias)
    return Reduction(None if passes else argument.alias or origin, size, origin)
