"""Reads laid-out lines with the parse table, line by line.

Before each line the stacks are kept (they hold values that never change), so a line that does not parse is taken back,
explained once by slips.py, mended or replaced by a BROKEN line, and reading goes on: every mistake of a file is found
in one run and none is found twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.fix import Fix
from qpsmtpd.dsl.syntax.build_expressions import EXPRESSIONS
from qpsmtpd.dsl.syntax.build_statements import STATEMENTS
from qpsmtpd.dsl.syntax.build_top import TOP, TOP_LEVEL
from qpsmtpd.dsl.syntax.layout import Placed
from qpsmtpd.dsl.syntax.slip import Failure, Slip
from qpsmtpd.dsl.syntax.slip_edits import fix_of
from qpsmtpd.dsl.syntax.slips import block_of, explain
from qpsmtpd.dsl.syntax.table import Action, Table, table
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, Token
from qpsmtpd.dsl.syntax.tree import TopLevel

REPAIRS = 8
"""Mistakes mended in one line before the rest of it is given up."""

OPERATORS = 80
"""Operators, attributes and brackets inside of one another; chains of `and` and `or` are as long as one likes."""

BRANCHES = 100
"""Branches of one `if`."""

_DEEPENING = frozenset({"NOT", "PLUS", "MINUS", "DEFAULT", "DOT"})
_OPENING = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})
_APART = frozenset({"AND", "OR", "COMMA"})

_BUILD = {**EXPRESSIONS, **STATEMENTS, **TOP, "start": list}


class _Splice(tuple[Any, ...]):
    """The parts of a rule that is no node; they belong to the node around it."""

    __slots__ = ()


class _Stuck(Exception):
    """A token that cannot stand where it stands."""

    def __init__(self, index: int, token: Token, row: Mapping[str, Action]) -> None:
        self.index = index
        self.token = token
        self.row = row


class Reader:
    """The parser's two stacks while a file is read."""

    def __init__(self, findings: Findings) -> None:
        self._table: Table = table()
        self._findings = findings
        self._states = [0]
        self._values: list[Any] = []
        self.names: set[tuple[int, int]] = set()
        """Line and column of each keyword that was read as a name."""

    def file(self, lines: Sequence[Placed], end: Token) -> tuple[tuple[TopLevel, ...], bool]:
        """The statements of a file, and whether it ends with `end`."""
        self._block(lines)
        try:
            self._feed(0, end)
        except _Stuck:
            self._cut_short(last_token(lines[-1]))
            self._broken(end)
            self._feed(0, end)
        parts: list[Any] = self._values[-1]
        ended = any(isinstance(part, Token) and part.type == "END" for part in parts)
        return tuple(part for part in parts if isinstance(part, TOP_LEVEL)), ended

    def _block(self, lines: Sequence[Placed]) -> None:
        branches = 0
        for placed, following in zip_longest(lines, lines[1:]):
            branches = branches + 1 if placed.tokens[0].type == "ELIF" else 0
            if branches <= BRANCHES:
                self._line(placed, following)
            elif branches == BRANCHES + 1:
                message = f"this `if` has more than {BRANCHES} branches"
                self._findings.add("Q101", placed.tokens[0].span, message, help="ask about a whole list at once: `x in list`")

    def _line(self, placed: Placed, following: Placed | None) -> None:
        kept = self._states[:], self._values[:]
        if self._too_long(placed.tokens):
            self._give_up(placed)
            return
        slips: list[tuple[Slip, Fix | None]] = []
        understood = self._read(placed, following, slips)
        for slip, fix in slips:
            slip.report(self._findings, fix if understood else None)
        if not understood:
            self._give_up(placed)
        elif placed.block:
            self._inside(placed, kept)

    def _read(self, placed: Placed, following: Placed | None, slips: list[tuple[Slip, Fix | None]]) -> bool:
        """Reads a line, mended where that is needed; false when it cannot be read in any way. `slips` gets what is to be told."""
        kept = self._states[:], self._values[:]
        tokens = placed.tokens
        for repaired in range(REPAIRS):
            try:
                self._feed_line(tokens, placed)
                return True
            except _Stuck as stuck:
                self._states[:], self._values[:] = kept
                slip = explain(_failure(tokens, stuck, placed, following))
                quiet = (placed.line.reported and slip.code != "Q110") or (repaired > 0 and slip.general)
                if not quiet:
                    slips.append((slip, fix_of(tokens, slip.mended, placed.tokens) if slip.sure and slip.mended else None))
                if not slip.mended:
                    return False
                tokens = slip.mended
        return False

    def _too_long(self, tokens: list[Token]) -> bool:
        """Reports an expression whose tree would be deeper than any stage of the compiler should have to follow."""
        if len(tokens) <= OPERATORS:
            return False
        levels = [0]
        for token in tokens:
            kind = token.type
            if kind in _APART:
                levels[-1] = levels[-2] + 1 if len(levels) > 1 else 0
            elif kind in _OPENING:
                levels.append(levels[-1] + 1)
            elif kind in _CLOSING and len(levels) > 1:
                levels.pop()
            elif kind in _DEEPENING:
                levels[-1] += 1
            if levels[-1] > OPERATORS:
                message = f"this expression has more than {OPERATORS} operators inside of one another"
                self._findings.add("Q101", token.span, message, help="join fewer values by `+` and `??`, and take brackets away")
                return True
        return False

    def _inside(self, placed: Placed, kept: tuple[list[int], list[Any]]) -> None:
        self._block(placed.block)
        last = last_token(placed)
        dedent = _after(last, "DEDENT")
        try:
            self._feed(0, dedent)
        except _Stuck:
            try:
                self._cut_short(last)
                self._broken(dedent)
                self._feed(0, dedent)
            except _Stuck:
                self._states[:], self._values[:] = kept
                self._broken(placed.tokens[0])

    def _cut_short(self, last: Token) -> None:
        """Reports a label with no rule below it, or a policy with nothing but its description."""
        what = "this policy has no rules" if last.type == "STRING" else "no rule follows this label"
        self._findings.add("Q101", last.span, what, help="write what belongs to it below it, or remove it")

    def _feed_line(self, tokens: list[Token], placed: Placed) -> None:
        for index, token in enumerate(tokens):
            self._feed(index, token)
        last = tokens[-1]
        self._feed(len(tokens), _after(last, "NL"))
        if placed.block:
            self._feed(len(tokens), _after(last, "INDENT"))
        elif "INDENT" in self._table.states[self._states[-1]]:
            raise _Stuck(len(tokens), _after(last, "NL"), self._table.states[self._states[-1]])

    def _give_up(self, placed: Placed) -> None:
        """Puts a line that leaves no node in the place of a refused one; its block is still read when its kind is known."""
        first = placed.tokens[0]
        kept = self._states[:], self._values[:]
        kind = block_of(placed.tokens) if placed.block else None
        if kind is not None and self._fed(first, kind, "NL", "INDENT"):
            self._inside(placed, kept)
        else:
            self._broken(first)

    def _broken(self, at: Token) -> None:
        self._fed(at, "BROKEN", "NL")

    def _fed(self, at: Token, *terminals: str) -> bool:
        """Feeds terminals without text; False, and nothing is fed, where they cannot stand."""
        kept = self._states[:], self._values[:]
        try:
            for terminal in terminals:
                self._feed(0, _after(at, terminal))
        except _Stuck:
            self._states[:], self._values[:] = kept
            return False
        return True

    def _feed(self, index: int, token: Token) -> None:
        """Shifts a token after every reduction that it allows; a keyword that cannot stand here is a name."""
        states, values, table = self._states, self._values, self._table.states
        terminal = token.type
        row = table[states[-1]]
        if terminal not in row and token.text in KEYWORDS:
            terminal = "NAME"
            token = token._replace(type="NAME")
            self.names.add((token.line, token.column))
        while True:
            action = row.get(terminal)
            if action is None:
                raise _Stuck(index, token, row)
            if isinstance(action, int):
                states.append(action)
                values.append(token)
                return
            size = action.size
            if size == 1 and action.name is None:
                del states[-1]
                goto = table[states[-1]][action.origin]
                assert isinstance(goto, int)
                states.append(goto)
                row = table[goto]
                continue
            parts = values[-size:] if size else []
            if size:
                del states[-size:], values[-size:]
            if action.name is not None:
                value: Any = _BUILD[action.name](_flat(parts))
            else:
                value = _Splice(parts)
            goto = table[states[-1]][action.origin]
            assert isinstance(goto, int)
            states.append(goto)
            values.append(value)
            if goto == self._table.end:
                return
            row = table[goto]


def _failure(tokens: list[Token], stuck: _Stuck, placed: Placed, following: Placed | None) -> Failure:
    terminals = frozenset(name for name in stuck.row if name[0].isupper())
    token = tokens[stuck.index] if stuck.index < len(tokens) else stuck.token
    return Failure(tokens, stuck.index, token, terminals, bool(placed.block), following.tokens[0].text if following else "")


def _flat(parts: list[Any]) -> list[Any]:
    for part in parts:
        if type(part) is _Splice:
            break
    else:
        return parts
    flat: list[Any] = []
    pending = parts[::-1]
    while pending:
        part = pending.pop()
        if type(part) is _Splice:
            pending.extend(reversed(part))
        else:
            flat.append(part)
    return flat


def _after(token: Token, terminal: str) -> Token:
    """A token without text, right behind another."""
    return Token(terminal, "", token.file, token.end_line, token.end_column, token.end_line, token.end_column)


def last_token(placed: Placed) -> Token:
    """The last token of a line or of the block below it."""
    while placed.block:
        placed = placed.block[-1]
    return placed.tokens[-1]
