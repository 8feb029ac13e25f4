"""The parse table of grammar.lark.

Lark makes the table, which takes half a second; so it is kept in table.json, and made again only when the grammar is
another one (`python -m qpsmtpd.dsl.syntax.table` writes the file; a test compares). Reading with the table is done in
read.py, because what a line means after a mistake is ours to decide.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


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
    """What to do in each state with each terminal (or finished rule). State 0 is the start; in `end` the file is read."""

    states: Sequence[Mapping[str, Action]]
    end: int


@functools.cache
def table() -> Table:
    """The table of the rule language."""
    grammar = _grammar()
    kept = _FOLDER / "table.json"
    if kept.is_file():
        found = json.loads(kept.read_text("utf-8"))
        if found["grammar"] == _digest(grammar):
            return _loaded(found)
    return _loaded(made(grammar))


def _grammar() -> str:
    return (_FOLDER / "grammar.lark").read_text("utf-8")


def _digest(grammar: str) -> str:
    return hashlib.sha256(grammar.encode()).hexdigest()


def _loaded(found: Mapping[str, Any]) -> Table:
    rules = [Reduction(*rule) for rule in found["rules"]]
    states = [{name: action if action >= 0 else rules[-action - 1] for name, action in row.items()} for row in found["states"]]
    return Table(states, found["end"])


def made(grammar: str) -> dict[str, Any]:
    """The table of a grammar as it is kept: a shift is a state's number, reduction n is -n - 1.

    States are numbered in the order in which they are reached by sorted names, so that the same grammar gives the same
    file.
    """
    raw = _lalr(grammar)
    start, end = raw.start_states["start"], raw.end_states["start"]
    numbers = {start: 0}
    order = [start]
    rules: dict[Reduction, int] = {}
    rows = []
    for state in order:
        row = {}
        for name, (kind, argument) in sorted(raw.states[state].items()):
            if str(kind) == "Shift":
                if argument not in numbers:
                    numbers[argument] = len(order)
                    order.append(argument)
                row[name] = numbers[argument]
            else:
                row[name] = -1 - rules.setdefault(_reduction(argument), len(rules))
        rows.append(row)
    listed = [[rule.name, rule.size, rule.origin] for rule in rules]
    return {"grammar": _digest(grammar), "end": numbers[end], "rules": listed, "states": rows}


def _lalr(grammar: str) -> Any:
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """Tokens come from scan.py."""

        def __init__(self, conf: Any) -> None:
            pass

        def lex(self, lexer_state: Any, parser_state: Any) -> Any:
            return iter(())

    lark = Lark(grammar, parser="lalr", lexer=NoLexer, keep_all_tokens=True, maybe_placeholders=False)
    return lark.parse_interactive("").parser_state.parse_conf.parse_table


def _reduction(rule: Any) -> Reduction:
    size = len(rule.expansion)
    origin = str(rule.origin.name)
    passes = origin.startswith("_") or (rule.options.expand1 and size == 1 and not rule.alias)
    return Reduction(None if passes else rule.alias or origin, size, origin)


def text(kept: Mapping[str, Any]) -> str:
    """The table as the text of its file, one state a line."""
    head = "".join(f'"{key}": {json.dumps(kept[key])},\n' for key in ("grammar", "end", "rules"))
    rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in kept["states"])
    return f'{{\n{head}"states": [\n{rows}\n]\n}}\n'


if __name__ == "__main__":
    (_FOLDER / "table.json").write_text(text(made(_grammar())), "utf-8")
