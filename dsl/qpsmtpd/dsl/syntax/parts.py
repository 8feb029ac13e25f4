"""What the builders share: picking parts of a node by what they are, and pieces that are no nodes of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tokens import Token
from qpsmtpd.dsl.syntax.tree import Span

Parts = Sequence[Any]
"""What a rule of the grammar consists of, in order: tokens, nodes and pieces."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Suite:
    """The statements of a block, or the one on its header's line."""

    span: Span
    body: tuple[tree.Statement, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """`elif`, `else` or `unknown` with its statements."""

    span: Span
    keyword: str
    condition: tree.Expression | None
    body: tuple[tree.Statement, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """`at NAME, …`, or a path."""

    span: Span
    names: tuple[tree.Name, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a refused line stood; leaves no node."""

    span: Span


def span(parts: Parts) -> Span:
    """From the first part to the last."""
    first, last = parts[0], parts[-1]
    if isinstance(first, Token) and isinstance(last, Token):
        return first.to(last)
    start: Span = first.span
    return start if first is last else start.to(last.span)


def one(parts: Parts, kind: type[_T]) -> _T | None:
    """The first part of that kind."""
    for part in parts:
        if isinstance(part, kind):
            return part
    return None


def every(parts: Parts, kind: Any) -> tuple[Any, ...]:
    """All parts of that kind."""
    return tuple(part for part in parts if isinstance(part, kind))


def token(parts: Parts, terminal: str) -> Token | None:
    """The first token of that terminal."""
    for part in parts:
        if isinstance(part, Token) and part.type == terminal:
            return part
    return None


def name(at: Token) -> tree.Name:
    return tree.Name(at.span, at.text)


def names(parts: Parts) -> tuple[tree.Name, ...]:
    """Every bare NAME among the parts."""
    return tuple(name(part) for part in parts if isinstance(part, Token) and part.type == "NAME")


def after(parts: Parts, terminal: str) -> Any:
    """What follows the first token of that terminal, None without one."""
    for index, part in enumerate(parts[:-1]):
        if isinstance(part, Token) and part.type == terminal:
            return parts[index + 1]
    return None


def name_after(parts: Parts, terminal: str) -> tree.Name | None:
    found = after(parts, terminal)
    return name(found) if found is not None else None


def where(parts: Parts) -> tuple[tree.Name, ...]:
    """The listeners of `at NAME, …`."""
    found = one(parts, Names)
    return found.names if found else ()


KINDS = {"STRING": "text", "NUMBER": "number", "CODE": "number", "ENHANCED": "text", "RATE": "rate", "DURATION": "duration"}
KINDS |= {"SIZE": "size", "PATTERN": "pattern", "NULL_SENDER": "null_sender", "TRUE": "bool", "FALSE": "bool", "IP": "text"}


def literal(at: Token) -> tree.Literal:
    return tree.Literal(at.span, KINDS[at.type], at.value if at.type not in ("ENHANCED", "IP") else at.text, at.text)


def literal_in(parts: Parts, terminal: str) -> tree.Literal | None:
    found = token(parts, terminal)
    return literal(found) if found else None
