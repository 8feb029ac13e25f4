"""Decides where rules stand: every `on` block in written order, those of a policy in the place of its `apply`.

A policy sees its own parameters, constants and variables before anything that the rules declare outside; what its
arguments mean is worked out in each hook that uses them, as if they stood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace

from qpsmtpd.dsl.check.book import Book, Scope, faulty
from qpsmtpd.dsl.check.constants import known
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.fitting import fit, wanted_for
from qpsmtpd.dsl.check.given import Written, bare, given_to
from qpsmtpd.dsl.check.places import known_listener
from qpsmtpd.dsl.check.typed import Application, Expr
from qpsmtpd.dsl.check.variables import declare_variable
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.hooks import Readable
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
DEEPEST = 20
"""Policies inside of policies."""
MOST = 500
"""Times that policies are applied by others, in all the rules."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A policy in its place: what its `apply` line says, and what it declares for itself.

    `written` has what stands for each parameter, None for one that is only tried out; `outer` is where the `apply` stands.
    """

    policy: tree.Policy
    written: Mapping[str, Written | None]
    variables: Mapping[str, Readable]
    guard: tree.Guard | None
    outer: Applied | None
    lines: tuple[Application, ...]
    rule: str
    shadow: str


@dataclass(frozen=True, slots=True)
class Placed:
    """An `on` block, the listeners at which it runs, and the policy that brought it."""

    on: tree.On
    listeners: frozenset[str]
    within: Applied | None = None


@dataclass(slots=True)
class Placing:
    """One walk over the rules."""

    book: Book
    lost: bool = False
    """True when an `apply` was not understood: what it would have brought is not known."""
    _inside: int = 0
    """Policies that others have applied so far."""
    _shadows: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 30)))

    def blocks(self, statements: Sequence[tree.TopLevel], listeners: frozenset[str]) -> Iterator[Placed]:
        """The blocks of the rules in written order."""
        for statement in statements:
            yield from self._statement(statement, listeners, None)

    def _statement(self, statement: tree.Node, listeners: frozenset[str], within: Applied | None) -> Iterator[Placed]:
        match statement:
            case tree.On():
                yield Placed(statement, self._at(statement.listeners, listeners), within)
            case tree.Apply():
                yield from self._apply(statement, self._at(statement.listeners, listeners), within)

    def _at(self, names: Sequence[tree.Name], around: frozenset[str]) -> frozenset[str]:
        for name in names:
            known_listener(name, self.book.listeners, self.book.findings)
        return around & frozenset(name.text for name in names) if names else around

    def _apply(self, apply: tree.Apply, listeners: frozenset[str], within: Applied | None) -> Iterator[Placed]:
        policy = self._policy(apply)
        if policy is None or self._endless(apply, policy, within):
            self.lost = True
            return
        self.book.used_policies.add(policy.name.text)
        written = self._arguments(apply, policy, within)
        if written is None:
            self.lost = True
            return
        shadow = within.shadow if within else ""
        if apply.shadow and not shadow:
            shadow = f"{policy.name.text}_{next(self._shadows)}"
        label = apply.label.name.text if apply.label else within.rule if within else ""
        line = Application(apply.span, policy.name.text, _values(policy, written))
        lines = (*(within.lines if within else ()), line)
        inner = Applied(policy, written, self._variables(policy), apply.guard, within, lines, label, shadow)
        for statement in policy.body:
            yield from self._statement(statement, listeners, inner)

    def _policy(self, apply: tree.Apply) -> tree.Policy | None:
        book, name = self.book, apply.target
        policy = book.policies.get(name) or book.shipped.policy(name)
        if policy is None:
            span = replace(apply.span, end_line=apply.span.line, end_column=apply.span.column + 200)
            known_names = [*book.policies, *book.shipped.names()]
            remedy = (
                f"`{name}` is a function: it is called in a hook" if name in book.catalogue else suggestion(name, known_names)
            )
            book.findings.add("Q214", _named(apply, span), f"there is no policy `{name}`", help=remedy)
        return policy

    def _endless(self, apply: tree.Apply, policy: tree.Policy, within: Applied | None) -> bool:
        chain = [policy.name.text]
        outer = within
        while outer is not None:
            chain.append(outer.policy.name.text)
            if outer.policy is policy:
                told = " → ".join(f"`{name}`" for name in reversed(chain))
                self.book.findings.add("Q208", apply.span, f"`{chain[0]}` applies itself: {told}", why="it would never end")
                return True
            outer = outer.outer
        self._inside += within is not None
        if within is None or (len(chain) <= DEEPEST and self._inside <= MOST):
            return False
        if not self.lost:
            self._too_large(apply, within)
        return True

    def _too_large(self, apply: tree.Apply, within: Applied) -> None:
        name = within.lines[0].policy
        self.book.findings.add(
            "Q213",
            apply.span,
            f"`{name}` becomes too large: policies in it apply others, and those more",
            why=f"a policy is put in place wherever it is applied, and there would be more than {MOST} in others, or {DEEPEST} deep",
            help="apply each policy once, in the rules themselves",
            notes=[Note(within.lines[0].span, f"here `{name}` is applied")],
        )

    def _arguments(self, apply: tree.Apply, policy: tree.Policy, within: Applied | None) -> dict[str, Written | None] | None:
        params = {p.name.text: p for p in policy.params}
        verbs = {name for name, p in params.items() if is_verb(p)}
        scope = Scope(self.book)
        given = given_to(apply.arguments, [*params], f"`{policy.name.text}`", scope, verbs=verbs)
        if given is None:
            return None
        for name, param in params.items():
            if name not in given and param.default is None:
                notes = [Note(param.span, "it is declared here, without a default")]
                message, remedy = f"`{name}` of `{policy.name.text}` is missing", f"write `{name} = …`"
                self.book.findings.add("Q211", apply.span, message, help=remedy, notes=notes)
                return None
        unfit = [name for name in verbs & given.keys() if not self._verb_fits(name, given[name], within)]
        return {name: given.get(name) for name in params} if not unfit else None

    def _verb_fits(self, name: str, written: Written, within: Applied | None) -> bool:
        """A verdict for a `verb` parameter: one that refuses, holds back or does nothing; never a positive one."""
        outer = verb_names(within)
        word = written.verb.text if isinstance(written, tree.Verdict) else written.text if isinstance(written, tree.Name) else ""
        plain = not isinstance(written, tree.Verdict) or not (written.code or written.enhanced or written.message)
        if (word in VERBS or word in outer) and plain:
            return True
        self.book.findings.add(
            "Q310",
            written.span,
            f"`{name}` must be a verdict without code and text: {words(VERBS)}",
            why="code and text stand where the policy uses it; a policy's refusal cannot be turned into an acceptance",
            allowed="`deny at rcpt` and `deny and disconnect` too",
            help=suggestion(word, VERBS),
        )
        return False

    def _variables(self, policy: tree.Policy) -> Mapping[str, Readable]:
        own = [statement for statement in policy.body if isinstance(statement, tree.Var)]
        made = {var.name.text: declare_variable(var, self.book, policy.name.text) for var in own}
        return {name: row for name, row in made.items() if row is not None}


VERBS = (Verb.DENY.value, Verb.DEFER.value, Verb.QUARANTINE.value, Verb.PASS.value)
"""What a `verb` parameter can be."""


def _named(apply: tree.Apply, span: Span) -> Span:
    """About where the policy's name stands on the `apply` line."""
    return replace(span, end_column=apply.span.column + len("apply ") + len(apply.target))


def _values(policy: tree.Policy, written: Mapping[str, Written | None]) -> tuple[tuple[str, Span, bool], ...]:
    """Where the value of each parameter is written."""
    chosen = [(p.name.text, written[p.name.text] or p.default, written[p.name.text] is None) for p in policy.params]
    return tuple((name, node.span, default) for name, node, default in chosen if node is not None)


def is_verb(param: tree.Param) -> bool:
    return param.type is not None and param.type.name.text == "verb" and param.type.of is None and not param.type.optional


def verb_names(within: Applied | None) -> set[str]:
    """The `verb` parameters of the policy around."""
    return {p.name.text for p in within.policy.params if is_verb(p)} if within else set()


def trial(policy: tree.Policy, book: Book) -> Applied:
    """The policy as if applied with its defaults, and with what is silent for parameters that have none."""
    own = [s for s in policy.body if isinstance(s, tree.Var)]
    rows = {var.name.text: declare_variable(var, book, policy.name.text) for var in own}
    variables = {name: row for name, row in rows.items() if row is not None}
    return Applied(policy, {p.name.text: None for p in policy.params}, variables, None, None, (), "", "")


def scope_within(within: Applied | None, hook: str, book: Book, *parts: object) -> Scope:
    """What rules can name that stand in this policy, or in none. `parts` are those rules: what does not occur in them is not looked at."""
    if within is None:
        return Scope(book, hook, variables=book.variables)
    policy = within.policy
    lets = [statement for statement in policy.body if isinstance(statement, tree.Let)]
    inside = words_in((parts, lets))
    outer = scope_within(within.outer, hook, book, *within.written.values())
    values: dict[str, Expr] = {}
    verbs: dict[str, tree.Verdict] = {}
    for param in policy.params:
        name, written = param.name.text, within.written[param.name.text]
        if is_verb(param):
            verbs[name] = _verb(written, param, outer)
        elif name in inside:
            values[name] = _value(written, param, outer)
    scope = Scope(book, hook, values, verbs=verbs, own=True, variables={**book.variables, **within.variables})
    for let in lets:
        scope = replace(scope, values={**scope.values, let.name.text: _constant(let, scope)})
    return replace(scope, rule=within.rule, shadow=bool(within.shadow))


def _verb(written: Written | None, param: tree.Param, outer: Scope) -> tree.Verdict:
    chosen = param.default if written is None else written
    if isinstance(chosen, tree.Name) and chosen.text in outer.verbs:
        return outer.verbs[chosen.text]
    if isinstance(chosen, tree.Verdict):
        passed = outer.verbs.get(chosen.verb.text)
        return passed or chosen
    word = chosen if isinstance(chosen, tree.Name) else tree.Name(param.span, Verb.DENY.value)
    return tree.Verdict(param.span, word, None, None, None, None, False)


def _value(written: Written | None, param: tree.Param, outer: Scope) -> Expr:
    if written is None:
        written, outer = param.default, Scope(outer.book, outer.hook, own=True)
    kind = declared_type(param.type, outer.book) if param.type else None
    if written is None:
        return faulty(param.span)
    node = bare(written)
    return outer.typed(node) if kind is None else wanted_for(param.name.text, node, outer, kind)


def _constant(let: tree.Let, scope: Scope) -> Expr:
    kind = declared_type(let.type, scope.book) if let.type else None
    expr = scope.typed(let.value, kind)
    if kind is not None:
        expr = fit(expr, scope, kind, f"`{let.name.text}`")
    return replace(known(expr, scope, f"`let {let.name.text}`"), source=let.name.text)


def words_in(node: object) -> frozenset[str]:
    """The words that occur in a part of the tree."""
    return frozenset(every_word(node))


def every_word(node: object) -> Iterator[str]:
    """Every bare word in a part of the tree, as often as it stands there, and those between `{{` and `}}` of its texts."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, tree.Name):
            yield part.text
        elif isinstance(part, tree.Literal):
            if "{{" in part.raw:
                yield from WORD.findall(part.raw)
        elif isinstance(part, (tuple, list)):
            pending += part
        elif is_dataclass(part) and not isinstance(part, (type, Span)):
            pending += [getattr(part, f.name) for f in fields(part)]
