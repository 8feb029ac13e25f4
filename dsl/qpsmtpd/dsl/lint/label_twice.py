"""Q615: two rules have one label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.syntax import tree


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each label that stands before a second rule."""
    first: dict[str, tree.Label] = {}
    for label in _labels(rules.statements):
        earlier = first.setdefault(label.name.text, label)
        if earlier is not label:
            findings.add(
                "Q615",
                label.name.span,
                f"two rules have the label `{label.name.text}`",
                why="in the log and in tests nobody could tell which of them decided",
                help="give one of them another label",
                notes=[Note(earlier.name.span, "the first one is here")],
            )


def _labels(nodes: Sequence[tree.Node]) -> Iterator[tree.Label]:
    """The labels before rules, in written order."""
    for node in nodes:
        label, inside = _around(node)
        if label is not None:
            yield label
        yield from _labels(inside)


def _around(node: tree.Node) -> tuple[tree.Label | None, Sequence[tree.Node]]:
    """The label of a statement, and the statements in it."""
    match node:
        case tree.On():
            return node.label, node.body
        case tree.Apply():
            return node.label, ()
        case tree.Marked():
            return node.label, (node.statement,)
        case tree.Policy():
            return None, node.body
        case tree.If():
            return None, (*node.then, *(node.orelse or ()), *(node.unknown or ()))
        case tree.Match():
            return None, (*(s for case in node.cases for s in case.body), *(node.orelse or ()))
    return None, ()
