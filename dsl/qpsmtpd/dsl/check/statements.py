"""Decides what the statements of a hook mean, one after the other, and what each lets those behind it know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Book, Path, Scope
from qpsmtpd.dsl.check.calls import statement_call
from qpsmtpd.dsl.check.cases import check_cases
from qpsmtpd.dsl.check.fitting import fit
from qpsmtpd.dsl.check.flow import statements
from qpsmtpd.dsl.check.narrowing import path, when_false, when_true
from qpsmtpd.dsl.check.operators import condition, value_name
from qpsmtpd.dsl.check.placing import Placed, scope_within
from qpsmtpd.dsl.check.shadowing import second_meaning
from qpsmtpd.dsl.check.surroundings import seen_from
from qpsmtpd.dsl.check.taint import peers
from qpsmtpd.dsl.check.templates import template
from qpsmtpd.dsl.check.typed import Block, Choose, Decide, Expr, Stmt
from qpsmtpd.dsl.check.unknown_names import too_early
from qpsmtpd.dsl.check.verdicts import decide
from qpsmtpd.dsl.check.wording import a, spelled, words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.dsl.model.hooks import ORDER, READABLE, Readable, is_known, readable
from qpsmtpd.dsl.model.types import BOOL, DURATION, ERROR, NUMBER, SIZE, TEMPLATE, TEXT, Type
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

SUMMED = (NUMBER, DURATION, SIZE)
"""What `+=` and `-=` add up."""


def block(placed: Placed, hook: str, sure_user: bool, book: Book) -> Block:
    """The rules of one `on` block as they run in one hook. `sure_user`: every client has authenticated before `mail`."""
    on, within = placed.on, placed.within
    scope = scope_within(within, hook, book, on)
    after_auth = sure_user and ORDER.index(hook) >= ORDER.index("mail")
    known = frozenset({("user",)}) if after_auth else frozenset()
    rule = on.label.name.text if on.label else scope.rule
    scope = replace(scope, rule=rule, present=known, shadow=scope.shadow or on.shadow)
    guards = [(on.guard, scope)] if on.guard else []
    while within is not None:
        if within.guard is not None:
            guards.insert(0, (within.guard, scope_within(within.outer, hook, book, within.guard)))
        within = within.outer
    body = _guarded(guards, on, scope)
    if scope.shadow and body:
        body = (typed.Shadow(on.span, rule or place(on.span, book), body, placed.within.shadow if placed.within else ""),)
    return Block(on.span, body, placed.within.lines if placed.within else ())


def _guarded(guards: Sequence[tuple[tree.Guard, Scope]], on: tree.On, scope: Scope) -> tuple[Stmt, ...]:
    """The body within the conditions of its `apply` lines and its own, outermost first; what one tells holds in the next."""
    if not guards:
        return _body(on.body, scope)
    (guard, around), *rest = guards
    decisive = condition(guard.condition, replace(around, present=scope.present))
    if guard.keyword == "unless" and decisive.type != ERROR:
        decisive = typed.Not(decisive.span, BOOL, decisive)
    inner = replace(
        scope,
        present=scope.present | when_true(decisive),
        reason=_reason(decisive) or scope.reason,
        unsure=scope.unsure or decisive.type == ERROR,
    )
    rule = scope.rule or place(guard.condition.span, scope.book)
    return (Choose(guard.condition.span, rule, decisive, _guarded(rest, on, inner), (), None),)


def _body(nodes: Sequence[tree.Statement], scope: Scope) -> tuple[Stmt, ...]:
    made: list[Stmt] = []
    for node in nodes:
        found, scope = _statement(node, scope)
        made += found
        changed = _changed(found, scope.present)
        if changed:
            scope = replace(scope, present=scope.present - changed)
    return tuple(made)


def _changed(found: Sequence[Stmt], present: frozenset[Path]) -> set[Path]:
    """What was found to be there and may be gone behind these statements: of the header after an effect, and variables."""
    if not present:
        return set()
    inside = [*statements(tuple(found))]
    effects = any(isinstance(s, typed.Do) and s.call.function.kind is Kind.EFFECT for s in inside)
    names = {s.target.name for s in inside if isinstance(s, typed.Set)} | ({"header", "message"} if effects else set())
    return {path for path in present if path[0] in names}


def _statement(node: tree.Statement, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    """The statement, and what holds behind it."""
    if isinstance(node, tree.Marked):
        return _marked(node, scope)
    if isinstance(node, tree.LocalLet):
        return _let(node, scope)
    if isinstance(node, tree.If):
        return _if(node, scope)
    made = _single(node, replace(scope, rule=scope.rule or place(node.span, scope.book)))
    return (() if made is None else (made,)), scope


def _marked(node: tree.Marked, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    rule = node.label.name.text if node.label else scope.rule
    shadow = node.shadow and not scope.shadow
    found, after = _statement(node.statement, replace(scope, rule=rule, shadow=scope.shadow or node.shadow))
    if not shadow:
        return found, replace(after, rule=scope.rule, shadow=scope.shadow)
    # nothing that is found out under `shadow` is known behind it
    return ((typed.Shadow(node.span, rule or place(node.span, scope.book), found),) if found else ()), scope


def _single(node: tree.Verdict | tree.Action | tree.Assign | tree.Match, scope: Scope) -> Stmt | None:
    match node:
        case tree.Verdict():
            return decide(node, scope)
        case tree.Action():
            return _action(node, scope)
        case tree.Assign():
            return _assign(node, scope)
        case tree.Match():
            return _match(node, scope)


def place(span: Span, book: Book) -> str:
    """Names a rule without a label: its file, as seen from the main one, and its line."""
    return f"{seen_from(book.main, span.file, book.shipped.folder)}:{span.line}"


def _if(node: tree.If, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    decisive = condition(node.condition, scope)
    if node.keyword == "unless" and decisive.type != ERROR:
        decisive = typed.Not(decisive.span, BOOL, decisive)
    scope = replace(scope, unsure=scope.unsure or decisive.type == ERROR)
    gained, lost = when_true(decisive), when_false(decisive)
    reason = _reason(decisive) or scope.reason
    then = _body(node.then, replace(scope, present=scope.present | gained, reason=reason))
    orelse = _body(_else(node), replace(scope, present=scope.present | lost))
    unknown = None if node.unknown is None else _body(node.unknown, replace(scope, reason=None))
    ended = _ends(unknown or ())
    behind = (
        scope.present
        | (lost if _ends(then) else frozenset())
        | (gained if _ends(orelse) and (unknown is None or ended) else frozenset())
    )
    after = replace(scope, present=behind)
    rule = scope.rule or place(node.span, scope.book)
    return (Choose(node.span, rule, decisive, then, orelse, unknown),), after


def _else(node: tree.If) -> tuple[tree.Statement, ...]:
    """The other branch. An `elif` is a condition of the same statement, so the `unknown` branch is there for it, too."""
    match node.orelse:
        case (tree.If(keyword="elif", unknown=None) as inner,) if node.unknown is not None:
            return (replace(inner, unknown=node.unknown),)
        case None:
            return ()
    return node.orelse


def _match(node: tree.Match, scope: Scope) -> Stmt | None:
    subject = scope.typed(node.subject)
    if subject.type == ERROR:
        return None
    if not subject.type.members:
        scope.findings.add(
            "Q411",
            subject.span,
            f"`match` needs a value of an enumeration, and this is {a(subject.type)}",
            help=f"write `if {spelled(subject)} …`",
        )
        return None
    check_cases(node, subject.type, scope)
    found = path(subject)
    reason = subject if subject.type.present().field("reason") else None
    cases = tuple(_case(case, subject.type, scope, found=found, reason=reason) for case in node.cases)
    return typed.Match(node.span, scope.rule, value_name(subject), cases, _body(node.orelse or (), scope))


def _case(case: tree.Case, kind: Type, scope: Scope, *, found: Path | None, reason: Expr | None) -> typed.Case:
    values = tuple(name.text for name in case.values)
    shared = set(kind.fields_of(values[0])).intersection(*(kind.fields_of(value) for value in values))
    there = frozenset((*found, name) for name in shared) if found is not None else frozenset()
    body = _body(case.body, replace(scope, present=scope.present | there, reason=reason if "reason" in shared else None))
    return typed.Case(case.span, scope.rule, values, body)


def _ends(body: Sequence[Stmt]) -> bool:
    # a nested `if` does not count: when its condition is unknown, what stands behind it runs
    return any(isinstance(statement, Decide) and statement.final for statement in body)


def _reason(decisive: Expr) -> Expr | None:
    """The lookups in a condition whose text says why it is true: that of the first that answered."""
    chain: Expr | None = None
    for value in reversed([*_records(decisive)]):
        chain = value if chain is None else typed.Default(value.span, value.type, value, chain)
    return chain


def _records(decisive: Expr) -> Iterator[Expr]:
    match decisive:
        case typed.And(left=left, right=right) | typed.Or(left=left, right=right):
            yield from _records(left)
            yield from _records(right)
        case typed.Present(value=value) if value.type.present().field("reason") == TEXT:
            yield value


def _let(node: tree.LocalLet, scope: Scope) -> tuple[tuple[Stmt, ...], Scope]:
    name, book = node.name.text, scope.book
    value = scope.typed(node.value)
    if name in scope.values:
        book.findings.add("Q206", node.name.span, f"`{name}` has a value already", help="give this one another name")
        return (), scope
    if second_meaning(node.name, book, own=scope.own) or value.type == ERROR:
        return (), replace(scope, values={**scope.values, name: typed.Const(node.span, ERROR, None)})
    key = f"{name}_{next(book.locals)}"
    book.tainted |= {key} if peers(value, scope) else set()
    bound = typed.Local(node.span, value.type, key)
    rule = scope.rule or place(node.span, book)
    return (typed.Bind(node.span, rule, key, value),), replace(scope, values={**scope.values, name: bound})


def _action(node: tree.Action, scope: Scope) -> Stmt | None:
    if isinstance(node.call.of, tree.Name) and node.call.of.text == "log":
        return _log(node, scope)
    call = statement_call(node.call, scope)
    return None if call is None else typed.Do(node.span, scope.rule, call)


def _log(node: tree.Action, scope: Scope) -> Stmt | None:
    arguments = node.call.arguments
    if len(arguments) != 1 or arguments[0].name is not None or isinstance(arguments[0].value, tree.Verdict):
        scope.findings.add("Q211", node.span, "`log` takes one text", help='write `log("…")`; values stand in it as `{{ … }}`')
        return None
    written = arguments[0].value
    if isinstance(written, tree.Literal) and written.kind == "text":
        message = template(written, written.value, scope)
    else:
        message = fit(scope.typed(written, TEMPLATE), scope, TEMPLATE, "what `log` writes")
    return None if message.type == ERROR else typed.Log(node.span, scope.rule, message)


def _assign(node: tree.Assign, scope: Scope) -> Stmt | None:
    row = scope.variables.get(node.target.text) if node.target.text not in scope.values else None
    if row is not None and not is_known(row, scope.hook):
        too_early(node.target, (row,), scope)
        return None
    row = row or readable(node.target.text, scope.hook)
    if row is None or not row.assignable:
        _not_assignable(node, scope)
        return None
    value = fit(scope.typed(node.value, row.type), scope, row.type, f"`{row.name}`")
    good = _sign_fits(node, row, scope)
    if node.alias is not None and row.name != "score":
        message = f"only `score` counts under a name, not `{row.name}`"
        scope.findings.add("Q311", node.alias.span, message, help=f"write `{row.name} {node.operator} …` without `as`")
        good = False
    if value.type == ERROR or not good:
        return None
    return typed.Set(node.span, scope.rule, row, node.operator, value, node.alias.text if node.alias else "")


def _sign_fits(node: tree.Assign, row: Readable, scope: Scope) -> bool:
    if node.operator == "=" and node.alias is not None:
        scope.findings.add(
            "Q311", node.alias.span, "`as NAME` counts an amount: it goes with `+=` and `-=`", help="write `score += …`"
        )
        return False
    if node.operator == "=" or row.type in SUMMED:
        return True
    message = f"`{node.operator}` is for numbers, durations and sizes, and `{row.name}` is {a(row.type)}"
    example = "true" if row.type == BOOL else "…"
    scope.findings.add("Q401", node.target.span, message, help=f"write `{row.name} = {example}`")
    return False


def _not_assignable(node: tree.Assign, scope: Scope) -> None:
    name = node.target.text
    names = [row.name for rows in READABLE.values() for row in rows if row.assignable] + [*scope.variables]
    constant = name in scope.book.lets or name in scope.values
    scope.findings.add(
        "Q307",
        node.target.span,
        f"`{name}` cannot be assigned",
        why="a `let` is a constant" if constant else "it is what the client or the engine says" if name in READABLE else "",
        allowed=f"{words(names, 'and')} can be",
        help=""
        if name in READABLE or constant
        else suggestion(name, names) or f"a new value is declared by `let {name} = …`, one that changes by `var`",
    )
