"""Decides what the top level declares: constants, defines and listeners, each name once and with one meaning."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qpsmtpd.dsl.check.book import Book, Scope, faulty
from qpsmtpd.dsl.check.constants import constant
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.doubt import typed_block
from qpsmtpd.dsl.check.extent import PARTS
from qpsmtpd.dsl.check.places import known_hook
from qpsmtpd.dsl.check.placing import VERBS, Placed, is_verb, trial, words_in
from qpsmtpd.dsl.check.shadowing import KEYWORDS, second_meaning
from qpsmtpd.dsl.check.typed import Expr, Local
from qpsmtpd.dsl.check.unused import report_unused
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.hooks import HOOKS, ORDER, READABLE, readable
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.syntax import tree


def declare(statements: Sequence[tree.TopLevel], book: Book) -> None:
    """Enters constants, variables, defines and policies in the book."""
    for statement in statements:
        if isinstance(statement, tree.Policy):
            _policy(statement, book)
        elif isinstance(statement, tree.Let | tree.Define | tree.Var) and _may_have(statement.name, book):
            if isinstance(statement, tree.Let):
                book.lets.setdefault(statement.name.text, statement)
            elif isinstance(statement, tree.Var):
                book.vars.setdefault(statement.name.text, statement)
            else:
                book.defines.setdefault(statement.name.text, statement)
                _params(statement, book)


def _may_have(name: tree.Name, book: Book) -> bool:
    """True when the name is free; a word of the language is refused and still means this, so that its uses are no findings."""
    return not second_meaning(name, book) or name.text in KEYWORDS


def _policy(policy: tree.Policy, book: Book) -> None:
    """Policies have a name space of their own; so have the names inside of each."""
    name = policy.name.text
    first = book.policies.setdefault(name, policy)
    if first is not policy:
        notes = [Note(first.name.span, "here it was declared first")]
        book.findings.add("Q206", policy.name.span, f"there is a policy `{name}` already", notes=notes)
    _params(policy, book)
    taken = {param.name.text for param in policy.params}
    for inner in policy.body:
        if isinstance(inner, tree.On):
            for hook in inner.hooks:
                known_hook(hook, book.findings)
        if isinstance(inner, tree.Let | tree.Var):
            if inner.name.text in taken:
                book.findings.add("Q206", inner.name.span, f"`{inner.name.text}` has a meaning in this policy already")
            else:
                second_meaning(inner.name, book, own=True)
            taken.add(inner.name.text)


def _params(declared: tree.Define | tree.Policy, book: Book) -> None:
    seen: set[str] = set()
    own = isinstance(declared, tree.Policy)
    for param in declared.params:
        if param.name.text in seen:
            book.findings.add("Q206", param.name.span, f"`{declared.name.text}` has two parameters `{param.name.text}`")
        second_meaning(param.name, book, own=own)
        default = param.default
        if isinstance(default, tree.Verdict) and not (own and is_verb(param)):
            book.findings.add(
                "Q211",
                default.span,
                f"a verdict cannot be the default of `{param.name.text}`",
                why="a verdict is a value only for the `verb` parameter of a policy",
                help=f"write `{param.name.text}: verb = {default.verb.text}`" if own else "",
            )
        if own and is_verb(param) and default is not None:
            _verb_default(param, default, book)
        seen.add(param.name.text)


def _verb_default(param: tree.Param, default: tree.Expression | tree.Verdict, book: Book) -> None:
    word = default.verb.text if isinstance(default, tree.Verdict) else ""
    if word in VERBS and isinstance(default, tree.Verdict) and not (default.code or default.enhanced or default.message):
        return
    message = f"the default of `{param.name.text}` must be a verdict without code and text: {words(VERBS)}"
    book.findings.add("Q310", default.span, message, help=suggestion(word, VERBS))


MOST_LISTENERS = 50
"""Each is proved for itself, and each may have many addresses."""


def listeners(statements: Sequence[tree.TopLevel], findings: Findings) -> dict[str, tree.Listener]:
    """The listeners by name, in written order."""
    found: dict[str, tree.Listener] = {}
    for statement in statements:
        if isinstance(statement, tree.Listener):
            name = statement.name
            if name.text in found:
                notes = [Note(found[name.text].name.span, "here it was declared first")]
                findings.add("Q206", name.span, f"there is a listener `{name.text}` already", notes=notes)
            elif len(found) == MOST_LISTENERS:
                message = f"these rules have more than {MOST_LISTENERS} listeners"
                findings.add(
                    "Q213", name.span, message, help='name several addresses in one: `bind = ["192.0.2.1:25", "192.0.2.2:25"]`'
                )
            found.setdefault(name.text, statement)
    return dict(itertools.islice(found.items(), MOST_LISTENERS))


def work_out(book: Book) -> None:
    """Evaluates the constants, also those that no rule uses."""
    for name, let in book.lets.items():
        constant(name, let.name.span, book)


def check_unused(found: Sequence[tree.TopLevel], book: Book, *, applicable: bool) -> None:
    """Reports what no rule uses; and what is wrong with such a define: what would be found in the hook that suits it best.

    A policy of a file that applies nothing is there for others: `applicable` is false, and it is no finding.
    """
    for policy in (book.policies[name] for name in book.policies.keys() - book.used_policies):
        _try_out(policy, book)
    for define in _outermost(book):
        if not book.too_large and book.tried <= 2 * PARTS:  # what nothing uses is not worth more
            book.findings.take(_best_trial(define, book))
    report_unused(found, book, applicable=applicable)


def _outermost(book: Book) -> Iterator[tree.Define]:
    """Unused defines such that with each of them those are tried out, too, that it stands for: each is looked at once."""
    names = {name: words_in(define.value) for name, define in book.defines.items() if name not in book.used_defines}
    inner = {word for name, words in names.items() for word in words if word != name}
    for chosen in sorted(names, key=lambda name: name in inner):  # behind those that stand in no other come rings
        if chosen in names:
            yield book.defines[chosen]
        reached = [chosen]
        while reached:
            reached += [word for word in names.pop(reached.pop(), ()) if word in names]


def _best_trial(define: tree.Define, book: Book) -> Findings:
    """The findings in the hook where there are fewest."""
    best: Findings | None = None
    for hook in _different_hooks(define, book):
        tried = _trial(define, hook, book)
        if best is None or len(tried.sorted()) < len(best.sorted()):
            best = tried
        if not best.sorted():
            break
    assert best is not None
    return best


def _different_hooks(define: tree.Define, book: Book) -> list[str]:
    """One hook of all those in which the names in the define, and in defines that it stands for, mean the same."""
    names, pending = set[str](), [define]
    while pending:
        new = words_in(pending.pop().value) - names
        names |= new
        pending += [book.defines[name] for name in new & book.defines.keys()]
    functions = [book.catalogue[name] for name in names & book.catalogue.keys()]
    alike: dict[object, str] = {}
    for hook in ORDER:
        callable_here = (hook in f.hooks for f in functions)
        alike.setdefault((*(readable(name, hook) for name in names & READABLE.keys()), *callable_here), hook)
    return [*alike.values()]


def _try_out(policy: tree.Policy, book: Book) -> None:
    """What is wrong with a policy that nothing applies."""
    apart = replace(book, made=[])
    within = trial(policy, apart)
    for on in (inner for inner in policy.body if isinstance(inner, tree.On)):
        for hook in {name.text for name in on.hooks} & HOOKS.keys():
            typed_block(Placed(on, frozenset(book.listeners), within), hook, False, apart)


def _trial(define: tree.Define, hook: str, book: Book) -> Findings:
    apart = replace(book, findings=book.findings.apart(), used_defines=set())
    values = {p.name.text: _stand_in(p, apart) for p in define.params}
    Scope(apart, hook, values, defines=(define.name.text,)).typed(define.value)
    book.tried += apart.expansions
    return apart.findings


def _stand_in(param: tree.Param, book: Book) -> Expr:
    kind = declared_type(param.type, book) if param.type else ERROR
    return faulty(param.span) if kind == ERROR else Local(param.span, kind, f"{param.name.text}_0")
