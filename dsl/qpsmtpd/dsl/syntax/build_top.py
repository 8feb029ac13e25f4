"""Makes the tree's top-level statements of what the grammar recognised. Each function is named for its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from qpsmtpd.dsl.syntax import parts as p
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parts import Names, Parts, Suite

TOP_LEVEL = get_args(tree.TopLevel)


def _use(parts: Parts) -> tree.Use:
    path = p.one(parts, Names)
    target = "/".join(n.text for n in path.names) if path else parts[1].value
    return tree.Use(p.span(parts[:2]), target, path is not None)


def _names(parts: Parts) -> Names:
    return Names(p.span(parts), p.names(parts))


def _let(parts: Parts) -> tree.Let:
    return tree.Let(p.span(parts), p.name(parts[1]), p.one(parts, tree.TypeName), p.after(parts, "EQUAL"))


def _var(parts: Parts) -> tree.Var:
    per = p.name(p.after(parts, "PER"))
    return tree.Var(p.span(parts), p.name(parts[1]), p.one(parts, tree.TypeName), p.after(parts, "EQUAL"), per)


def _type(parts: Parts) -> tree.TypeName:
    return tree.TypeName(p.span(parts), p.name(parts[0]), p.one(parts, tree.TypeName), p.token(parts, "QUESTION") is not None)


def _param(parts: Parts) -> tree.Param:
    return tree.Param(p.span(parts), p.name(parts[0]), p.one(parts, tree.TypeName), p.after(parts, "EQUAL"))


def _define(parts: Parts) -> tree.Define:
    return tree.Define(p.span(parts), p.name(parts[1]), p.every(parts, tree.Param), p.after(parts, "EQUAL"))


def _require(parts: Parts) -> tree.Require:
    return tree.Require(p.span(parts), p.name(parts[1]), p.name(parts[3]), p.where(parts), p.one(parts, tree.Guard))


def _server(parts: Parts) -> tree.Server:
    return tree.Server(p.span(parts), p.every(parts, tree.Setting))


def _listener(parts: Parts) -> tree.Listener:
    return tree.Listener(p.span(parts), p.name(parts[1]), p.every(parts, tree.Setting))


def _setting(parts: Parts) -> tree.Setting:
    return tree.Setting(p.span(parts), p.name(parts[0]), parts[2])


def _policy(parts: Parts) -> tree.Policy:
    doc = next(iter(p.every(parts, tree.Literal)), None)
    body = p.every(parts, (tree.Let, tree.Var, tree.On, tree.Apply))
    return tree.Policy(p.span(parts), p.name(parts[1]), p.every(parts, tree.Param), doc, body)


def _doc(parts: Parts) -> tree.Literal:
    return p.literal(parts[0])


def _guard(parts: Parts) -> tree.Guard:
    return tree.Guard(p.span(parts), parts[0].text, parts[1])


def _on(parts: Parts) -> tree.On:
    suite: Suite = parts[-1]
    label, shadow = p.one(parts, tree.Label), p.token(parts, "SHADOW") is not None
    return tree.On(p.span(parts), label, shadow, p.names(parts), p.where(parts), p.one(parts, tree.Guard), suite.body)


class _Path(Names):
    """What `use` and `apply` name."""


def _path(parts: Parts) -> _Path:
    return _Path(p.span(parts), p.names(parts))


def _apply(parts: Parts) -> tree.Apply:
    path = p.one(parts, _Path)
    listeners = next((n.names for n in p.every(parts, Names) if not isinstance(n, _Path)), ())
    return tree.Apply(
        p.span(parts),
        p.one(parts, tree.Label),
        p.token(parts, "SHADOW") is not None,
        "/".join(n.text for n in path.names) if path else "",
        p.every(parts, tree.Argument),
        listeners,
        p.one(parts, tree.Guard),
    )


def _test(parts: Parts) -> tree.Test:
    steps = (tree.Apply, tree.Given, tree.Command, tree.AtTime, tree.Expect)
    return tree.Test(p.span(parts), p.literal(parts[1]), p.every(parts, steps))


def _given(parts: Parts) -> tree.Given:
    return tree.Given(p.span(parts), parts[1], p.after(parts, "EQUAL"))


def _expect(parts: Parts) -> tree.Expect:
    return tree.Expect(p.span(parts), parts[1], None)


def _expect_fired(parts: Parts) -> tree.Expect:
    return tree.Expect(p.span(parts), None, p.one(parts, tree.Label))


def _command(parts: Parts) -> tree.Command:
    words = p.every(parts, (tree.Name, tree.Literal, tree.Call))
    listener = next(iter(p.where(parts)), None)
    return tree.Command(p.span(parts), p.name(parts[0]), words, listener, p.one(parts, tree.Verdict), p.one(parts, tree.Label))


def _at_time(parts: Parts) -> tree.AtTime:
    return tree.AtTime(p.span(parts), parts[1].text)


TOP: Mapping[str, Callable[[Parts], Any]] = {
    "use": _use,
    "path": _path,
    "let": _let,
    "var": _var,
    "define": _define,
    "require": _require,
    "server": _server,
    "listener": _listener,
    "setting": _setting,
    "policy": _policy,
    "doc": _doc,
    "param": _param,
    "type": _type,
    "on": _on,
    "apply": _apply,
    "listeners": _names,
    "listener_here": _names,
    "guard": _guard,
    "test": _test,
    "given": _given,
    "expect": _expect,
    "expect_fired": _expect_fired,
    "command": _command,
    "at_time": _at_time,
}
