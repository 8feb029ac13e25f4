"""The typed model: what the checker makes of the tree and the emitter turns into Python.

Every name is resolved, every type known, every `define` put in place, every constant a Python value. One model a
listener and hook: `unless` has become `not`, one-line forms are blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qpsmtpd.dsl.model.functions import Function
from qpsmtpd.dsl.model.hooks import Readable
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

if TYPE_CHECKING:
    from qpsmtpd.dsl.check.trials import Trial


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression: where it stands and what type it has."""

    span: Span
    type: Type


@dataclass(frozen=True, slots=True)
class Const(Typed):
    """A value known when the rules load: literal, list (as a set type where its element has one), `let`, data file."""

    value: Any
    source: str = ""
    """How the rules name it, for messages and the path of a proof."""


@dataclass(frozen=True, slots=True)
class Read(Typed):
    """A readable name of the hook table (those with an empty `code` are Calls instead)."""

    name: Readable


@dataclass(frozen=True, slots=True)
class Local(Typed):
    """A `let` inside a block; `key` is unique in its hook and a Python identifier.

    Also what stands for a parameter of a define that is only tried out: it has a type and no value.
    """

    key: str

    @property
    def stand_in(self) -> bool:
        return self.key.endswith("_0")  # those of blocks are counted from 1


@dataclass(frozen=True, slots=True)
class Field(Typed):
    """An attribute. Of an optional value only where it was tested before (then `of` is narrowed)."""

    of: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Item(Typed):
    """`m[k]` of a map, or `header["X"]`: absent when there is none."""

    of: Expr
    key: Expr


@dataclass(frozen=True, slots=True)
class FunctionCall(Typed):
    """A call with every parameter filled in, in the order of the signature; data files are Const values already."""

    function: Function
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not(Typed):
    operand: Expr


@dataclass(frozen=True, slots=True)
class And(Typed):
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Or(Typed):
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Typed):
    """`operator`: == != < <= > >=."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Contains(Typed):
    """`item in collection`."""

    item: Expr
    collection: Expr


@dataclass(frozen=True, slots=True)
class Folded(Typed):
    """The text in lower case, for a comparison without regard to case."""

    text: Expr


@dataclass(frozen=True, slots=True)
class Matches(Typed):
    """`text matches /pattern/`; the pattern is a Const whose value has `search`."""

    text: Expr
    pattern: Const


@dataclass(frozen=True, slots=True)
class Arithmetic(Typed):
    """`operator`: + or -."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Default(Typed):
    """`value ?? otherwise`."""

    value: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Present(Typed):
    """A `T?` as a condition: is it there? Of a record that declares its truth: its truth."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Builtin(Typed):
    """A function of the language itself: `name` is a key of `builtins.BUILTINS`."""

    name: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Template(Typed):
    """A text with `{{ }}`: `source` is Jinja2 with the names v0, v1, ... for the finished texts of `values`."""

    source: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Traced(Typed):
    """The same value, which the session is told when it is read. Only `plan.traced` puts it in; rules that serve have none."""

    expr: Expr
    number: int


Expr = (
    Const
    | Read
    | Local
    | Field
    | Item
    | FunctionCall
    | Not
    | And
    | Or
    | Compare
    | Contains
    | Folded
    | Matches
    | Arithmetic
    | Default
    | Present
    | Builtin
    | Template
    | Traced
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement: where it stands, and the label or file:line that names it in logs."""

    span: Span
    rule: str


@dataclass(frozen=True, slots=True)
class Choose(Stated):
    """`if`: when `condition` is unknown neither branch runs; `unknown` runs if it is not None."""

    condition: Expr
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    unknown: tuple[Stmt, ...] | None


@dataclass(frozen=True, slots=True)
class Case(Stated):
    """One branch of a `match`: runs when the subject has one of these values."""

    values: tuple[str, ...]
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Match(Stated):
    """`match` over an enumeration. `subject` is the value's name as a text (of values with fields their Field `case`);
    when it is unknown no branch runs. `orelse` is for the values that no case has; empty where the cases have all.
    """

    subject: Expr
    cases: tuple[Case, ...]
    orelse: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Decide(Stated):
    """A verdict, or `skip`. Code, enhanced code and text are complete: defaults are filled in.

    `message` is None when the text is `text`; else a Template, or the expression whose `.reason` is the text when it
    is not empty (`reason` true). `pass` never comes here: it is nothing. With `at` the verdict is kept for that hook, and
    the rules go on; else it ends the hook. `place` is the name of a quarantine.
    """

    verb: Verb
    code: int
    enhanced: str
    text: str
    disconnect: bool
    message: Expr | None = None
    reason: bool = False
    at: str = ""
    place: str = ""

    @property
    def final(self) -> bool:
        """True when the rules do not go on behind it."""
        return not self.at


@dataclass(frozen=True, slots=True)
class Enforce(Stated):
    """Says the verdict that was kept for this hook, if there is one: that ends the hook."""


@dataclass(frozen=True, slots=True)
class Do(Stated):
    """An effect or delivery as a statement. A delivery's outcome ends the hook."""

    call: FunctionCall


@dataclass(frozen=True, slots=True)
class Log(Stated):
    """`log("…")`: one record with that text."""

    message: Expr


@dataclass(frozen=True, slots=True)
class Set(Stated):
    """`relay = true`, `score += 2`: `operator` is =, += or -=. With `alias` it counts once a message and name."""

    target: Readable
    operator: str
    value: Expr
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Bind(Stated):
    """`let x = …` inside a block."""

    key: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Shadow(Stated):
    """Statements that are evaluated, counted and logged, and change nothing: they run on a copy of session and transaction.

    Statements with the same `key` share one copy for the whole session; an empty one means a copy of its own each time.
    """

    body: tuple[Stmt, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reached(Stated):
    """Tells the session that the rules have come here. Only `plan.traced` puts it in."""

    number: int


@dataclass(frozen=True, slots=True)
class Answer(Stated):
    """Ends the function with a value: how an expectation of a test is asked."""

    value: Expr


Stmt = Choose | Match | Decide | Enforce | Do | Log | Set | Bind | Shadow | Reached | Answer


@dataclass(frozen=True, slots=True)
class Application:
    """An `apply` line: the policy, and for each parameter where its value is written (as a default, or in the line)."""

    span: Span
    policy: str
    values: tuple[tuple[str, Span, bool], ...]
    """Name, place, and whether that is the default."""


@dataclass(frozen=True, slots=True)
class Block:
    """One `on` block: `skip` leaves it. Its guard has become a Choose around the body, `shadow` a Shadow.

    `applied` names the `apply` lines that have put it here, outermost first; none for a block of the rules themselves.
    """

    span: Span
    body: tuple[Stmt, ...]
    applied: tuple[Application, ...] = ()


@dataclass(frozen=True, slots=True)
class Required:
    """`require FUNCTION before HOOK`: no mail may pass the hook on a path without an answer of the function.

    `condition` is when that holds, None always.
    """

    span: Span
    function: str
    before: str
    condition: Expr | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A `var`: its key is unique in the program; `per` is connection or transaction."""

    span: Span
    key: str
    per: str
    value: Any


@dataclass(frozen=True, slots=True)
class TypedListener:
    """The rules of one listener: for each hook its blocks, in written order."""

    name: str
    span: Span
    settings: ListenerSettings
    hooks: Mapping[str, tuple[Block, ...]]
    requires: tuple[Required, ...] = ()
    in_doubt: frozenset[str] = frozenset()
    """Hooks whose rules may be incomplete here because of errors found: to miss something in them would be a follow-up."""


@dataclass(frozen=True, slots=True)
class TypedRules:
    """A checked rules file."""

    server: ServerSettings
    listeners: tuple[TypedListener, ...]
    folder: str
    digest: str
    variables: tuple[Variable, ...] = ()
    statements: tuple[tree.TopLevel, ...] = ()
    """What stands in the files, those of `use` in their place."""
    trials: tuple[Trial, ...] = ()
    verifiers: tuple[str, ...] = ()
    """The functions that can verify a password, for what is said where none does."""
