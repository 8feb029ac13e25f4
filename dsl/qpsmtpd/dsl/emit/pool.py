"""What compiled hooks share: verdicts, call sites, templates, values and functions, each a global with a name.

The same thing gets one name however often it is used, and names are given in the order of use, so that the same
rules give the same text.
"""

from __future__ import annotations

import ast
from typing import Any

from qpsmtpd.dsl.check.typed import Decide, Template
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.texts import because, template
from qpsmtpd.dsl.emit.truth import both, either, spread
from qpsmtpd.dsl.model.functions import Function, OnError, Scope
from qpsmtpd.dsl.model.program import Site
from qpsmtpd.dsl.model.values import DEFER, UNKNOWN
from qpsmtpd.dsl.model.verdicts import Verb, of_delivery, verdict
from qpsmtpd.dsl.syntax.tree import Span

FOREVER = 86_400.0
"""Seconds: the deadline of a function that declares none; the hook's budget ends it earlier."""

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
    "verdict": verdict,
}


class Pool:
    """The globals of a program under construction, and the statements that make them."""

    def __init__(self) -> None:
        self.statements: list[ast.stmt] = []
        self.names: dict[str, Any] = {**_WORDS, "values": []}
        self._made: dict[str, str] = {}
        self._held: dict[int, str] = {}
        self._counts: dict[str, int] = {}

    def verdict(self, decided: Decide) -> str:
        """The name of a rule's verdict."""
        wanted = nodes.call(
            "verdict",
            nodes.path(f"Verb.{decided.verb.name}"),
            *map(nodes.constant, (decided.rule, decided.code, decided.enhanced, decided.text)),
            keywords={"disconnect": nodes.constant(True)} if decided.disconnect else None,
        )
        return self._global(decided.verb.name, wanted, decided.span)

    def temporary(self, rule: str, span: Span) -> str:
        """The name of the verdict of a rule that a failed call with the policy `defer` ends."""
        said = map(nodes.constant, (rule, 451, "4.4.3", "Temporary lookup failure, try again later"))
        return self._global("LOOKUP_FAILED", nodes.call("verdict", nodes.path("Verb.DEFER"), *said), span)

    def site(self, function: Function, rule: str, span: Span) -> str:
        """The name of a place where a function that may fail is called."""
        policy = function.on_error or OnError.UNKNOWN
        wanted = nodes.call(
            "Site",
            nodes.constant(function.name),
            nodes.constant(rule),
            nodes.path(f"OnError.{policy.name}"),
            nodes.constant(float(FOREVER if function.timeout is None else function.timeout)),
            nodes.path(f"Scope.{function.scope.name}"),
        )
        return self._global("SITE", wanted, span)

    def template(self, text: Template) -> str:
        """The name of a compiled template."""
        types = ast.Tuple([nodes.constant(str(value.type)) for value in text.values], ast.Load())
        return self._global("TEXT", nodes.call("template", nodes.constant(text.source), types), text.span)

    def value(self, value: Any, span: Span) -> str:
        """The name of a value known when the rules load."""
        if id(value) not in self._held:
            index = ast.Constant(len(self.names["values"]))
            self.names["values"].append(value)
            held = ast.Subscript(nodes.name("values"), index, ast.Load())
            self._held[id(value)] = self._global("VALUE", held, span)
        return self._held[id(value)]

    def function(self, function: Function) -> str:
        """The name of a library function's code."""
        called = f"call_{function.name}"
        self.names[called] = function.code
        return called

    def _global(self, stem: str, value: ast.expr, span: Span) -> str:
        text = ast.unparse(value)
        if text not in self._made:
            self._counts[stem] = self._counts.get(stem, 0) + 1
            called = self._made[text] = f"{stem}_{self._counts[stem]}"
            statement = nodes.assign(called, value)
            nodes.place(statement, span)
            self.statements.append(statement)
        return self._made[text]
