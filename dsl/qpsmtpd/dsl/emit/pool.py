"""What compiled hooks share: verdicts, call sites, templates, values and functions, each a global with a name.

The same thing gets one name however often it is used, and names are given in the order of use, so that the same
rules give the same text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from qpsmtpd.dsl.check.typed import Decide, Template
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.texts import because, template
from qpsmtpd.dsl.emit.truth import both, either, spread
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.functions import Function, OnError, Scope
from qpsmtpd.dsl.model.program import Site
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN
from qpsmtpd.dsl.model.verdicts import Verb, of_delivery, verdict
from qpsmtpd.dsl.syntax.tree import Span

FOREVER = 86_400.0
"""Seconds: the deadline of a function that declares none; the hook's budget ends it earlier."""


def builtin(name: str) -> str:
    """The global name of a function of the language."""
    return f"builtin_{name}"


_WORDS: dict[str, Any] = {
    "DEFER": DEFER,
    "UNKNOWN": UNKNOWN,
    "OnError": OnError,
    "Scope": Scope,
    "Site": Site,
    "Verb": Verb,
    "because": because,
    "both": both,
    "either": either,
    "of_delivery": of_delivery,
    "spread": spread,
    "template": template,
    **{builtin(name): each.code for name, each in BUILTINS.items()},
    "verdict": verdict,
}


class Pool:
    """The globals of a program under construction, and the statements that make them."""

    def __init__(self) -> None:
        self.statements: list[ast.stmt] = []
        self.services: set[type] = set()
        """What the functions that are called ask for."""
        self.names: dict[str, Any] = {**_WORDS, "values": []}
        self._made: dict[tuple[str, object], str] = {}
        self._held: dict[int, str] = {}
        self._counts: dict[str, int] = {}

    def verdict(self, decided: Decide) -> str:
        """The name of a rule's verdict."""
        said = decided.rule, decided.code, decided.enhanced, decided.text
        more: dict[str, object] = {"disconnect": True} if decided.disconnect else {}
        more |= {"place": decided.place} if decided.place else {}

        def made() -> ast.expr:
            verb = nodes.path(f"Verb.{decided.verb.name}")
            keywords = {name: nodes.constant(value) for name, value in more.items()}
            return nodes.call("verdict", verb, *map(nodes.constant, said), keywords=keywords)

        return self._global(decided.verb.name, (*said, *more.items()), made, decided.span)

    def temporary(self, rule: str, span: Span) -> str:
        """The name of the verdict of a rule that a failed call with the policy `defer` ends."""
        said = rule, 451, "4.4.3", "Temporary lookup failure, try again later"

        def made() -> ast.expr:
            return nodes.call("verdict", nodes.path("Verb.DEFER"), *map(nodes.constant, said))

        return self._global("LOOKUP_FAILED", said, made, span)

    def site(self, function: Function, rule: str, span: Span) -> str:
        """The name of a place where a function that may fail is called."""
        policy = function.on_error or OnError.UNKNOWN
        deadline = float(FOREVER if function.timeout is None else function.timeout)

        def made() -> ast.expr:
            return nodes.call(
                "Site",
                nodes.constant(function.name),
                nodes.constant(rule),
                nodes.path(f"OnError.{policy.name}"),
                nodes.constant(deadline),
                nodes.path(f"Scope.{function.scope.name}"),
                *([nodes.name(self.value(function.failure, span))] if function.failure is not None else []),
            )

        what = (function.name, rule, policy, deadline, function.scope, id(function.failure))
        return self._global("SITE", what, made, span)

    def template(self, text: Template) -> str:
        """The name of a compiled template."""
        types = tuple(str(value.type) for value in text.values)

        def made() -> ast.expr:
            listed = ast.Tuple([nodes.constant(each) for each in types], ast.Load())
            return nodes.call("template", nodes.constant(text.source), listed)

        return self._global("TEXT", (text.source, types), made, text.span)

    def value(self, value: Any, span: Span) -> str:
        """The name of a value known when the rules load."""
        if id(value) not in self._held:
            index = ast.Constant(len(self.names["values"]))
            self.names["values"].append(value)
            held = ast.Subscript(nodes.name("values"), index, ast.Load())
            self._held[id(value)] = self._global("VALUE", id(value), lambda: held, span)
        return self._held[id(value)]

    def function(self, function: Function) -> str:
        """The name of a library function's code."""
        called = f"call_{function.name}"
        self.services |= {wanted for _, wanted in function.services}
        self.names[called] = function.code
        return called

    def _global(self, stem: str, what: object, made: Callable[[], ast.expr], span: Span) -> str:
        """The name of a thing, of which `what` says all that makes it differ from others of its stem."""
        key = stem, what
        if key not in self._made:
            self._counts[stem] = self._counts.get(stem, 0) + 1
            called = self._made[key] = f"{stem}_{self._counts[stem]}"
            statement = nodes.assign(called, made())
            nodes.place(statement, span)
            self.statements.append(statement)
        return self._made[key]
