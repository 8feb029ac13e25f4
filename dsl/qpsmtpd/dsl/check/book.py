"""What holds for a whole run of the checker: the findings, the functions, the files, and what the rules declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from qpsmtpd.dsl.check.shipped import Shipped
from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.typed import Const, Expr, Variable
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.dsl.model.hooks import Readable
from qpsmtpd.dsl.model.types import ERROR, Type
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

Path = tuple[object, ...]
"""Names a value that stays the same while a hook runs, so that a test of it still holds when it is read again."""


@dataclass(slots=True)
class Book:
    """The declarations of a rules file, and what the parts of the checker share about them.

    `expression` types a node of the tree; it is here so that the parts, which need each other, know only the book.
    """

    findings: Findings
    catalogue: Catalogue
    sources: Sources
    shipped: Shipped
    main: str
    """The name of the main rules file."""
    expression: Callable[[tree.Expression, Scope, Type | None], Expr]
    lets: dict[str, tree.Let] = field(default_factory=dict)
    defines: dict[str, tree.Define] = field(default_factory=dict)
    vars: dict[str, tree.Var] = field(default_factory=dict)
    policies: dict[str, tree.Policy] = field(default_factory=dict)
    listeners: tuple[str, ...] = ()
    variables: dict[str, Readable] = field(default_factory=dict)
    """The variables of the rules themselves, by name; a policy has its own."""
    made: list[Variable] = field(default_factory=list)
    """Every variable of the program."""
    config_dir: str = ""
    """Where data files are looked for; empty when the rules do not say."""
    constants: dict[str, Const] = field(default_factory=dict)
    evaluating: list[str] = field(default_factory=list)
    """The constants whose values are being worked out, outermost first."""
    depth: int = 0
    """How deep the expression in hand stands inside of others, those of defines and constants included."""
    expansions: int = 0
    """Defines put in place for the outermost expression in hand."""
    tried: int = 0
    """Defines put in place by now to try out those that nothing uses."""
    too_large: set[str] = field(default_factory=set)
    """The defines and constants that have become too large; one of them is told."""
    used_faulty: bool = False
    """True once a rule has used a constant that has a finding."""
    used_defines: set[str] = field(default_factory=set)
    used_lets: set[str] = field(default_factory=set)
    used_vars: set[str] = field(default_factory=set)
    used_policies: set[str] = field(default_factory=set)
    locals: count[int] = field(default_factory=lambda: count(1))
    tainted: set[str] = field(default_factory=set)
    """The `let`s of blocks that hold what a peer has chosen, by their key."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: what it may read there and what is known to be present.

    `hook` is empty where the value must be known when the rules load. `rule` and `reason` are what a statement here
    takes over from those around it: the name for logs, and the lookup whose text is the reason. `verbs` are the `verb`
    parameters of the policy it stands in; `own` is true inside of a policy, `shadow` where nothing is enforced, `unsure`
    where a condition around or before has a finding: what it would have shown to be present is not known.
    """

    book: Book
    hook: str = ""
    values: Mapping[str, Expr] = field(default_factory=dict)
    present: frozenset[Path] = frozenset()
    defines: tuple[str, ...] = ()
    rule: str = ""
    reason: Expr | None = None
    variables: Mapping[str, Readable] = field(default_factory=dict)
    verbs: Mapping[str, tree.Verdict] = field(default_factory=dict)
    own: bool = False
    shadow: bool = False
    unsure: bool = False

    @property
    def findings(self) -> Findings:
        return self.book.findings

    def typed(self, node: tree.Expression, wanted: Type | None = None) -> Expr:
        """The node with its type; a literal is converted where `wanted` says to what. A fault gives the type ERROR."""
        return self.book.expression(node, self, wanted)


def faulty(span: Span) -> Const:
    """The value of what already has a finding: every use of it is silent."""
    return Const(span, ERROR, None)
