"""Q631: two calls of a function that counts each call, with one key and one name: what happens once is counted twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import blocks_with, expressions, parts
from qpsmtpd.dsl.check.likeness import likeness
from qpsmtpd.dsl.check.reached import Reached, place, reached
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.syntax.tree import Span

_NAME = "name"
"""The parameter that tells what is counted apart."""


@dataclass(frozen=True, slots=True)
class _Counting:
    """A call, and where it is made."""

    call: x.FunctionCall
    here: Reached

    @property
    def place(self) -> Span:
        return place(self.call.span, self.here.block)


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each call that counts what an earlier one of the same listener has counted."""
    told: set[Span] = set()
    counting = blocks_with(rules, lambda statement: any(_calls(statement)))
    for listener in rules.listeners:
        first: dict[Hashable, list[_Counting]] = {}
        for this in _counted(listener, counting):
            alike = first.setdefault((this.here.shadow, _counted_by(this.call)), [])
            other = next((each for each in alike if not _excludes(each.here, this.here)), None)
            alike.append(this)
            if other is not None and this.place not in told:
                told.add(this.place)
                _report(this, other, findings)


def _counted(listener: x.TypedListener, counting: frozenset[int]) -> Iterator[_Counting]:
    """The calls that a listener can come by, in the order of the hooks."""
    for hook in (hook for hook in ORDER if not counting.isdisjoint(map(id, listener.hooks.get(hook, ())))):
        for here in reached(listener.hooks[hook], listener.name):
            yield from (_Counting(call, here) for call in _calls(here.statement))


def _calls(statement: x.Stmt) -> Iterator[x.FunctionCall]:
    for expression in expressions(statement):
        yield from (part for part in parts(expression) if isinstance(part, x.FunctionCall) and part.function.counts)


def _counted_by(call: x.FunctionCall) -> Hashable:
    """Function, key and name; where there is no key, all that was given."""
    function = call.function
    given = list(zip(function.parameters, call.arguments, strict=True))
    keyed = [pair for pair in given if pair[0].type == t.KEY or pair[0].name == _NAME]
    chosen = keyed if any(parameter.type == t.KEY for parameter, _ in keyed) else given
    return (function.name, *(likeness(argument) for _, argument in chosen))


def _excludes(one: Reached, other: Reached) -> bool:
    """True when not both can be come by: they stand in different branches."""
    known = {id(under.condition): (under.holds, under.values) for under in one.under}
    return any(known.get(id(u.condition), (u.holds, u.values)) != (u.holds, u.values) for u in other.under)


def _report(this: _Counting, other: _Counting, findings: Findings) -> None:
    name = this.call.function.name
    findings.add(
        "Q631",
        this.place,
        f"this `{name}` counts by the same key as another one, so what happens once is counted twice",
        why=f"what `{name}` counts belongs to its key and its name, not to a line: both calls add to one count",
        help=f"keep one answer, `let r = {name}(…)`, and compare it as often as you like; or give this one a `name`",
        notes=[] if this.place == other.place else [Note(other.place, "here it is counted too")],
    )
