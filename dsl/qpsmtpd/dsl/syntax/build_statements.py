"""Makes the tree's statements of what the grammar recognised. Each function is named for its rule.

A broken line leaves no node: lists of statements hold only what could be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from qpsmtpd.dsl.syntax import parts as p
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parts import Branch, Broken, Parts, Suite
from qpsmtpd.dsl.syntax.tree import Statement

_STATEMENTS = get_args(Statement)


def _suite(parts: Parts) -> Suite:
    return Suite(p.span(parts), p.every(parts, _STATEMENTS))


def _action(parts: Parts) -> Suite:
    return Suite(p.span(parts), (parts[0],))


def _marked(parts: Parts) -> tree.Marked | Broken:
    statement = parts[-1] if isinstance(parts[-1], _STATEMENTS) else p.one(parts, _STATEMENTS)  # type: ignore[arg-type]
    if statement is None:
        return Broken(p.span(parts))
    return tree.Marked(p.span(parts), p.one(parts, tree.Label), p.token(parts, "SHADOW") is not None, statement)


def _label(parts: Parts) -> tree.Label:
    label = p.name(parts[1])
    return tree.Label(parts[0].to(parts[1]), label)


def _if(parts: Parts) -> tree.If:
    """Every form: on one line or as a block, with or without branches."""
    suites = p.every(parts, Suite)
    branches = p.every(parts, Branch)
    unknown = next((b.body for b in branches if b.keyword == "unknown"), None)
    if len(suites) > 1:
        unknown = suites[1].body
    orelse = _orelse([b for b in branches if b.keyword != "unknown"])
    return tree.If(p.span(parts), parts[0].text, parts[1], suites[0].body, orelse, unknown)


def _orelse(branches: list[Branch]) -> tuple[Statement, ...] | None:
    """`elif` after `elif` becomes an If inside an If, from the last one outwards."""
    orelse: tuple[Statement, ...] | None = None
    end = branches[-1].span if branches else None
    for branch in reversed(branches):
        if branch.condition is None or end is None:
            orelse = branch.body
        else:
            orelse = (tree.If(branch.span.to(end), "elif", branch.condition, branch.body, orelse, None),)
    return orelse


def _branch(parts: Parts) -> Branch:
    suite = p.one(parts, Suite)
    condition = parts[1] if parts[0].type == "ELIF" else None
    return Branch(p.span(parts), parts[0].text, condition, suite.body if suite else ())


def _match(parts: Parts) -> tree.Match:
    orelse = next((b.body for b in p.every(parts, Branch)), None)
    return tree.Match(p.span(parts), parts[1], p.every(parts, tree.Case), orelse)


def _case(parts: Parts) -> tree.Case:
    return tree.Case(p.span(parts), p.names(parts), parts[-1].body)


def _local(parts: Parts) -> tree.LocalLet:
    return tree.LocalLet(p.span(parts), p.name(parts[1]), parts[3])


def _assign(parts: Parts) -> tree.Assign:
    return tree.Assign(p.span(parts), p.name(parts[0]), parts[1].text, parts[2], p.name_after(parts, "AS"))


def _act(parts: Parts) -> tree.Action:
    call = tree.Call(p.span(parts), parts[0], p.every(parts[1:], tree.Argument))
    return tree.Action(call.span, call)


def _verdict(parts: Parts) -> tree.Verdict:
    return tree.Verdict(
        p.span(parts),
        p.name(parts[0]),
        p.name_after(parts, "AT"),
        p.literal_in(parts, "CODE"),
        p.literal_in(parts, "ENHANCED"),
        p.literal_in(parts, "STRING"),
        p.token(parts, "DISCONNECT") is not None,
    )


def _broken(parts: Parts) -> Broken:
    return Broken(p.span(parts))


STATEMENTS: Mapping[str, Callable[[Parts], Any]] = {
    "suite": _suite,
    "block": _suite,
    "action": _action,
    "marked": _marked,
    "label": _label,
    "label_here": _label,
    "guarded": _if,
    "if_line": _if,
    "if": _if,
    "elif": _branch,
    "else": _branch,
    "unknown": _branch,
    "match": _match,
    "case": _case,
    "local": _local,
    "assign": _assign,
    "act": _act,
    "verdict": _verdict,
    "verdict_parameter": _verdict,
    "broken": _broken,
    "broken_case": _broken,
    "broken_top": _broken,
}
