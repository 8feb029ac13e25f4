"""Makes the tree's expressions of what the grammar recognised. Each function is named for its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qpsmtpd.dsl.syntax import parts as p
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parts import Parts
from qpsmtpd.dsl.syntax.tokens import Token

_NODES = (tree.Node,)


def _binary(parts: Parts) -> tree.Binary:
    left, operator, right = parts
    return tree.Binary(p.span(parts), " ".join(operator.text.split()), left, right)


def _unary(parts: Parts) -> tree.Unary:
    return tree.Unary(p.span(parts), parts[0].text, parts[1])


def _name(parts: Parts) -> tree.Name:
    return p.name(parts[0])


def _literal(parts: Parts) -> tree.Literal:
    return p.literal(parts[0])


def _attribute(parts: Parts) -> tree.Attribute:
    return tree.Attribute(p.span(parts), parts[0], p.name(parts[2]))


def _call(parts: Parts) -> tree.Call:
    return tree.Call(p.span(parts), parts[0], p.every(parts[1:], tree.Argument))


def _index(parts: Parts) -> tree.Index:
    return tree.Index(p.span(parts), parts[0], parts[2])


def _argument(parts: Parts) -> tree.Argument:
    return tree.Argument(p.span(parts), None, parts[0])


def _named(parts: Parts) -> tree.Argument:
    return tree.Argument(p.span(parts), p.name(parts[0]), parts[2])


def _list(parts: Parts) -> tree.ListLiteral:
    return tree.ListLiteral(p.span(parts), p.every(parts, _NODES))


def _map(parts: Parts) -> tree.MapLiteral:
    return tree.MapLiteral(p.span(parts), tuple((a.value, b.value) for a, b in p.every(parts, _Pair)))


class _Pair(tuple[tree.Argument, tree.Argument]):
    """The key and the value of a map's entry."""

    __slots__ = ()


def _pair(parts: Parts) -> _Pair:
    key, _, value = parts
    return _Pair((tree.Argument(key.span, None, key), tree.Argument(value.span, None, value)))


def _group(parts: Parts) -> Any:
    return parts[1]


def _word(parts: Parts) -> tree.Literal:
    return p.literal(parts[0])


def _word_call(parts: Parts) -> tree.Call:
    text: Token = parts[2]
    argument = tree.Argument(text.span, None, p.literal(text))
    return tree.Call(p.span(parts), parts[0], (argument,))


EXPRESSIONS: Mapping[str, Callable[[Parts], Any]] = {
    "binary": _binary,
    "unary": _unary,
    "name": _name,
    "literal": _literal,
    "attribute": _attribute,
    "call": _call,
    "index": _index,
    "argument": _argument,
    "named": _named,
    "list": _list,
    "map": _map,
    "pair": _pair,
    "group": _group,
    "word": _word,
    "word_call": _word_call,
}
