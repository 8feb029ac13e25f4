"""Decides whether the cases of a `match` are the values of its enumeration: each known, each once, none forgotten."""

from __future__ import annotations

from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.types import Type
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span


def check_cases(node: tree.Match, kind: Type, scope: Scope) -> None:
    """Reports cases that are no values, values that have two cases, and values that have none."""
    seen: dict[str, Span] = {}
    strange = False
    for name in (name for case in node.cases for name in case.values):
        if name.text not in kind.members:
            strange = True
            allowed = f"the values are {words(kind.members, 'and')}"
            help = suggestion(name.text, kind.members)
            scope.findings.add("Q412", name.span, f"`{name.text}` is no value of `{kind.name}`", allowed=allowed, help=help)
        elif name.text in seen:
            notes = [Note(seen[name.text], "this case has it")]
            scope.findings.add("Q412", name.span, f"`{name.text}` has a case already", notes=notes, help="take one of them away")
        seen.setdefault(name.text, name.span)
    missing = [member for member in kind.members if member not in seen]
    if node.orelse is not None:
        _surplus_else(node, missing, scope)
        missing = [member for member in missing if member in kind.failing]
    if missing and not strange:
        _missing(node, kind, missing, scope)


def _missing(node: tree.Match, kind: Type, missing: list[str], scope: Scope) -> None:
    lost = node.orelse is not None
    why = "`else` does not cover it: what happens when the answer does not come is said on purpose" if lost else ""
    start = node.span
    scope.findings.add(
        "Q412",
        Span(start.file, start.line, start.column, start.line, start.column + len("match")),
        f"{words(missing, 'and')} of `{kind.name}` {'has' if len(missing) == 1 else 'have'} no case",
        why=why or "a `match` says for every value what happens, so that a new one is not passed over in silence",
        help=f"add `case {', '.join(missing)}: pass`, or what shall happen"
        + ("" if lost or kind.failing else "; `else:` covers the rest"),
    )


def _surplus_else(node: tree.Match, missing: list[str], scope: Scope) -> None:
    if not missing and node.orelse:
        scope.findings.add("Q413", node.orelse[0].span, "this `else` never runs: the cases have every value", help="take it away")
