"""Reads a text and puts what came of it into a form that tests can compare."""

from __future__ import annotations

import dataclasses
from typing import Any

from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parse import parse


def read(text: str) -> tuple[tree.File, list[Finding]]:
    """The tree and the findings of a text."""
    findings = Findings()
    return parse(text, "rules.q", findings), findings.sorted()


def clean(text: str) -> tree.File:
    """The tree of a text that has no finding."""
    file, findings = read(text)
    assert findings == []
    return file


def only(text: str) -> Any:
    """The one statement of a text without findings."""
    (statement,) = clean(text).statements
    return statement


def body(lines: str) -> tuple[Any, ...]:
    """The statements of lines that stand in a hook."""
    indented = "\n".join(f"    {line}" if line else "" for line in lines.split("\n"))
    return tuple(only(f"on connect:\n{indented}\n").body)


def expression(text: str) -> Any:
    """The tree of an expression."""
    return only(f"let x = {text}\n").value


def nodes(node: object) -> list[tree.Node]:
    """A node and everything below it."""
    if isinstance(node, tuple):
        return [found for part in node for found in nodes(part)]
    if not isinstance(node, tree.Node):
        return []
    parts = [getattr(node, field.name) for field in dataclasses.fields(node)]
    return [node, *nodes(tuple(parts))]


def spelled(node: Any) -> str:
    """An expression with all its brackets."""
    match node:
        case tree.Name(text=text) | tree.Literal(raw=text):
            return str(text)
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({spelled(left)} {operator} {spelled(right)})"
        case tree.Unary(operator=operator, operand=operand):
            return f"({operator} {spelled(operand)})"
        case tree.Attribute(of=of, name=name):
            return f"{spelled(of)}.{name.text}"
        case tree.Index(of=of, key=key):
            return f"{spelled(of)}[{spelled(key)}]"
        case tree.Call(of=of, arguments=arguments):
            return f"{spelled(of)}({', '.join(map(spelled, arguments))})"
        case tree.Argument(name=name, value=value):
            return spelled(value) if name is None else f"{name.text}={spelled(value)}"
        case tree.ListLiteral(items=items):
            return f"[{', '.join(map(spelled, items))}]"
        case tree.MapLiteral(pairs=pairs):
            return "{" + ", ".join(f"{spelled(k)}: {spelled(v)}" for k, v in pairs) + "}"
        case tree.Verdict(verb=verb):
            return f"<{verb.text}>"
    raise AssertionError(node)
