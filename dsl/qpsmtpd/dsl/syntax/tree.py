"""The syntax tree of a rules file: frozen nodes, each with the span of text it came from.

The whole language parses into this tree, also what the checker refuses as not supported yet. Nothing here has a
meaning: names are text, literals are values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands: lines and columns count from 1; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of the other."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)


@dataclass(frozen=True, slots=True)
class Node:
    """Anything with a place in the text."""

    span: Span


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A bare word: `sender`, `own_networks`, `none`."""

    text: str


# --- expressions


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A literal. `kind`: text number duration size rate pattern null_sender bool.

    `value`: str, int or float, seconds, octets, Rate, (pattern text, flags), NULL_SENDER, bool.
    `raw` is how it was written. For a text, `value` has its escapes resolved.
    """

    kind: str
    value: Any
    raw: str


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapLiteral(Node):
    pairs: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    of: Expression
    name: Name


@dataclass(frozen=True, slots=True)
class Index(Node):
    of: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """`value` or `name = value`; a verdict is a value for `verb` parameters."""

    name: Name | None
    value: Expression | Verdict


@dataclass(frozen=True, slots=True)
class Call(Node):
    of: Expression
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not x` or `-x`; `operator` is `not` or `-`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`operator`: or and == != < <= > >= in `not in` matches `not matches` + - ??."""

    operator: str
    left: Expression
    right: Expression


Expression = Name | Literal | ListLiteral | MapLiteral | Attribute | Index | Call | Unary | Binary


# --- statements inside a hook


@dataclass(frozen=True, slots=True)
class Label(Node):
    name: Name


@dataclass(frozen=True, slots=True)
class Verdict(Node):
    """`VERB [at HOOK] [CODE] [ENHANCED] ["message"] [and disconnect]`; `verb` may be a `verb` parameter's name."""

    verb: Name
    at: Name | None
    code: Literal | None
    enhanced: Literal | None
    message: Literal | None
    disconnect: bool


@dataclass(frozen=True, slots=True)
class Action(Node):
    """A call as a statement."""

    call: Call


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`operator`: = += -=; `alias` is the NAME of `as NAME`."""

    target: Name
    operator: str
    value: Expression
    alias: Name | None


@dataclass(frozen=True, slots=True)
class LocalLet(Node):
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if`/`unless`, on one line or as a block. `orelse` holds an `elif` as a single nested If with `keyword` elif.

    `unknown` is None when there is no such branch; so is `orelse`.
    """

    keyword: str
    condition: Expression
    then: tuple[Statement, ...]
    orelse: tuple[Statement, ...] | None
    unknown: tuple[Statement, ...] | None


@dataclass(frozen=True, slots=True)
class Case(Node):
    values: tuple[Name, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Match(Node):
    subject: Expression
    cases: tuple[Case, ...]
    orelse: tuple[Statement, ...] | None


@dataclass(frozen=True, slots=True)
class Marked(Node):
    """A statement with `@label` above or before it, or `shadow` before it."""

    label: Label | None
    shadow: bool
    statement: Statement


Statement = Verdict | Action | Assign | LocalLet | If | Match | Marked


# --- top level


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """`list[network]`, `domain?`."""

    name: Name
    of: TypeName | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use "file.q"` (`path` false) or `use standard/mx` (`path` true)."""

    target: str
    path: bool


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: Name
    type: TypeName | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Var(Node):
    name: Name
    type: TypeName | None
    value: Expression
    per: Name


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: Name
    type: TypeName | None
    default: Expression | Verdict | None


@dataclass(frozen=True, slots=True)
class Define(Node):
    name: Name
    params: tuple[Param, ...]
    value: Expression


@dataclass(frozen=True, slots=True)
class Guard(Node):
    """`if C` or `unless C` on an `on`, `apply` or `require` line."""

    keyword: str
    condition: Expression


@dataclass(frozen=True, slots=True)
class On(Node):
    label: Label | None
    shadow: bool
    hooks: tuple[Name, ...]
    listeners: tuple[Name, ...]
    guard: Guard | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Policy(Node):
    name: Name
    params: tuple[Param, ...]
    doc: Literal | None
    body: tuple[Let | Var | On | Apply, ...]


@dataclass(frozen=True, slots=True)
class Apply(Node):
    label: Label | None
    shadow: bool
    target: str
    arguments: tuple[Argument, ...]
    listeners: tuple[Name, ...]
    guard: Guard | None


@dataclass(frozen=True, slots=True)
class Require(Node):
    function: Name
    before: Name
    listeners: tuple[Name, ...]
    guard: Guard | None


@dataclass(frozen=True, slots=True)
class Setting(Node):
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Server(Node):
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Listener(Node):
    name: Name
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Given(Node):
    """`given CALL = value`, or `given CALL fails` (value None)."""

    call: Expression
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Command(Node):
    """A step of a test: `rcpt "x@y" at mx -> deny 550 by @label`. Words are names, literals and calls."""

    name: Name
    words: tuple[Expression, ...]
    listener: Name | None
    expected: Verdict | None
    by: Label | None


@dataclass(frozen=True, slots=True)
class AtTime(Node):
    time: str


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """`expect EXPR`, or `expect fired @label` (value None)."""

    value: Expression | None
    fired: Label | None


@dataclass(frozen=True, slots=True)
class Test(Node):
    name: Literal
    steps: tuple[Apply | Given | Command | AtTime | Expect, ...]


TopLevel = Use | Let | Var | Define | Policy | Apply | On | Require | Server | Listener | Test


@dataclass(frozen=True, slots=True)
class File:
    """A parsed rules file; `ended` is true when its last line is `end`. `lines` are its text lines, for carets."""

    name: str
    statements: tuple[TopLevel, ...]
    ended: bool
    lines: tuple[str, ...]
