"""Decides which argument was written for which parameter, of functions, defines and policies alike."""

from __future__ import annotations

from collections.abc import Container, Sequence

from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.syntax import tree

Written = tree.Expression | tree.Verdict


def given_to(
    arguments: Sequence[tree.Argument],
    names: Sequence[str],
    whose: str,
    scope: Scope,
    *,
    besides: tuple[str, ...] = (),
    verbs: Container[str] = (),
) -> dict[str, Written] | None:
    """What was written for each parameter; None when they cannot be told apart.

    `besides` are names that were taken already, for what is said of a wrong one; `verbs` the parameters that take a verdict.
    """
    given: dict[str, Written] = {}
    good = True
    for position, written in enumerate(arguments):
        name = written.name.text if written.name else names[position] if position < len(names) else ""
        if written.name is None and not name:
            most = f"takes {len(names)} argument{'s' * (len(names) != 1)}" if names else "takes no arguments"
            scope.findings.add("Q211", written.span, f"this argument is too many: {whose} {most}", allowed=words(names, "and"))
            return None
        if name not in names:
            _unknown(written, name, [*names, *besides], whose, scope)
            good = False
        elif name in given:
            scope.findings.add("Q211", written.span, f"`{name}` of {whose} is given twice")
            good = False
        elif name not in verbs and isinstance(written.value, tree.Verdict) and not _is_bare(written.value):
            _verdict(written.value, whose, scope)
            good = False
        else:
            given[name] = written.value
    return given if good else None


def bare(written: Written) -> tree.Expression:
    """A word that is a verdict elsewhere, as the word that it is: `pass` may be a value of an enumeration."""
    return tree.Name(written.span, written.verb.text) if isinstance(written, tree.Verdict) else written


def _is_bare(verdict: tree.Verdict) -> bool:
    return not (verdict.at or verdict.code or verdict.enhanced or verdict.message or verdict.disconnect)


def _unknown(written: tree.Argument, name: str, names: Sequence[str], whose: str, scope: Scope) -> None:
    span = written.name.span if written.name else written.span
    allowed = f"its parameters are {words(names, 'and')}" if names else "it has no parameters"
    scope.findings.add("Q210", span, f"{whose} has no parameter `{name}`", allowed=allowed, help=suggestion(name, names))


def _verdict(value: tree.Verdict, whose: str, scope: Scope) -> None:
    scope.findings.add(
        "Q211",
        value.span,
        f"a verdict cannot be an argument of {whose}",
        why="a verdict is a value only for the `verb` parameter of a policy",
    )
