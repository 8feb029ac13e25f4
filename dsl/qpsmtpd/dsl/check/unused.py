"""Finds declarations that nothing uses: constants, variables, defines, policies, their parameters, and the `let` of a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from qpsmtpd.dsl.check.book import Book
from qpsmtpd.dsl.check.placing import every_word, words_in
from qpsmtpd.dsl.syntax import tree


def report_unused(found: Sequence[tree.TopLevel], book: Book, *, applicable: bool) -> None:
    """A warning for each. Only where all else is well: a rule that is not understood uses what it names all the same."""
    if book.findings.errors:
        return
    local = [unused for statement in found for on in _blocks(statement) for unused in _inside_a_block(on)]
    for name, what, done in (*_declared(book, applicable), *_parameters(book), *_inside_policies(book), *local):
        book.findings.add("Q602", name.span, f"`{what}{name.text}` is never {done}", help="use it, or take it away")


_Unused = tuple[tree.Name, str, str]
"""The name, what stands before it, and what is never done with it."""


def _declared(book: Book, applicable: bool) -> Iterator[_Unused]:
    for name in book.lets.keys() - book.used_lets:
        yield book.lets[name].name, "let ", "used"
    for name in book.defines.keys() - book.used_defines:
        yield book.defines[name].name, "define ", "used"
    for name, row in book.variables.items():
        if row.code not in book.used_vars:
            yield book.vars[name].name, "var ", "read"
    for name in book.policies.keys() - book.used_policies if applicable else ():
        yield book.policies[name].name, "policy ", "applied"


def _parameters(book: Book) -> Iterator[_Unused]:
    everything: tuple[tree.Define | tree.Policy, ...] = (*book.defines.values(), *book.policies.values())
    for declared in everything:
        used = words_in(declared.value if isinstance(declared, tree.Define) else declared.body)
        for param in declared.params:
            if param.name.text not in used:
                yield param.name, "", f"used in `{declared.name.text}`"


def _inside_policies(book: Book) -> Iterator[_Unused]:
    read = {variable.span for variable in book.made if _code(variable.per, variable.key) in book.used_vars}
    for policy in (policy for name, policy in book.policies.items() if name in book.used_policies):
        for inner in policy.body:
            others = [other for other in policy.body if other is not inner]
            if isinstance(inner, tree.Var) and inner.span not in read:
                yield inner.name, "var ", "read"
            elif isinstance(inner, tree.Let) and inner.name.text not in words_in(others):
                yield inner.name, "let ", "used"


def _code(per: str, key: str) -> str:
    return f"{'s' if per == 'connection' else 't'}.vars.{key}"


def _blocks(statement: tree.TopLevel) -> Iterator[tree.On]:
    for each in statement.body if isinstance(statement, tree.Policy) else (statement,):
        if isinstance(each, tree.On):
            yield each


def _inside_a_block(on: tree.On) -> Iterator[_Unused]:
    declared = [let.name for let in _lets(on.body)]
    times = Counter(every_word(on)) if declared else Counter()
    times.subtract(name.text for name in declared)
    for name in declared:
        if not times[name.text]:
            yield name, "let ", "used"


def _lets(node: object) -> Iterator[tree.LocalLet]:
    match node:
        case tuple():
            for each in node:
                yield from _lets(each)
        case tree.LocalLet():
            yield node
        case tree.If():
            yield from _lets((node.then, node.orelse, node.unknown))
        case tree.Match():
            yield from _lets((*(case.body for case in node.cases), node.orelse))
        case tree.Marked():
            yield from _lets((node.statement,))
