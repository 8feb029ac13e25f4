"""Decides what a call means: a function of the library with every parameter filled in, or a `define` put in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.arguments import argument, left_out
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.builtins import builtin, method
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.extent import NESTED, PARTS, too_large
from qpsmtpd.dsl.check.failing import as_called, own_names
from qpsmtpd.dsl.check.fitting import wanted_for
from qpsmtpd.dsl.check.given import bare, given_to
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.unsupported import later
from qpsmtpd.dsl.check.wording import hooks_of
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.builtins import FREE
from qpsmtpd.dsl.model.functions import Function, Kind
from qpsmtpd.dsl.model.hooks import Readable
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Call, Name


def call(node: Call, scope: Scope) -> Expr:
    """A call that is a value."""
    if not isinstance(node.of, Name):
        return _of_value(node, scope)
    name = node.of.text
    if name in FREE:
        return builtin(node, name, scope)
    if name in scope.book.defines:
        return _put_in_place(node, scope.book.defines[name], scope)
    function = _function(node.of, scope)
    if function is None:
        return faulty(node.span)
    if function.kind in (Kind.EFFECT, Kind.DELIVERY):
        scope.findings.add(
            "Q410",
            node.span,
            f"`{name}` has no value: it does something",
            help=f"write `{name}(…)` as a statement of its own",
        )
        return faulty(node.span)
    return function_call(node, function, scope)


def statement_call(node: Call, scope: Scope) -> typed.FunctionCall | None:
    """A call that does something; None after a finding."""
    if not isinstance(node.of, Name):
        _of_value(node, scope)
        return None
    name = node.of.text
    answers = name in scope.book.defines or name in FREE
    function = None if answers else _function(node.of, scope)
    if answers or (function and function.kind not in (Kind.EFFECT, Kind.DELIVERY)):
        scope.findings.add(
            "Q410",
            node.span,
            f"`{name}` only answers a question, and nothing is done with the answer",
            help=f"write `if {name}(…) …`, or `let x = {name}(…)`",
        )
        return None
    if function and scope.shadow:
        _under_shadow(node, function, scope)
        return None
    made = function_call(node, function, scope) if function else None
    return made if isinstance(made, typed.FunctionCall) else None


def _of_value(node: Call, scope: Scope) -> Expr:
    """A call of something that is no name."""
    if isinstance(node.of, tree.Attribute):
        return method(node, node.of, scope)
    scope.findings.add("Q215", node.span, "only functions can be called", allowed="a function's name stands before the bracket")
    return faulty(node.span)


def _under_shadow(node: Call, function: Function, scope: Scope) -> None:
    scope.findings.add(
        "Q309",
        node.span,
        f"`{function.name}` cannot be called under `shadow`",
        why="a shadowed rule changes nothing, and this call would change the message or hand it on",
        help="take it out of the shadowed rules, or take `shadow` away",
    )


def _function(name: Name, scope: Scope) -> Function | None:
    book = scope.book
    if name.text in book.catalogue:
        return book.catalogue[name.text]
    if name.text in book.lets or name.text in scope.values:
        scope.findings.add(
            "Q202", name.span, f"`{name.text}` is a value, not a function", help=f"write `{name.text}` without brackets"
        )
        return None
    if name.text in book.policies:
        remedy = f"write `apply {name.text}(…)` outside of a hook"
        scope.findings.add("Q202", name.span, f"`{name.text}` is a policy, not a function", help=remedy)
        return None
    names = [*book.catalogue, *book.defines, *FREE]
    help = suggestion(name.text, names) or "`qpsmtpd explain Q202` says where functions come from"
    scope.findings.add("Q202", name.span, f"there is no function `{name.text}`", help=help)
    return None


def read_by_call(node: Name, row: Readable, scope: Scope) -> Expr:
    """A readable name that a function of that name answers."""
    function = scope.book.catalogue.get(row.name)
    if function is None:
        later(scope.findings, node.span, f"`{row.name}`")
        return faulty(node.span)
    return function_call(Call(node.span, node, ()), function, scope)


def function_call(node: Call, function: Function, scope: Scope) -> Expr:
    """A call of a library function, checked; one that computes from constants alone is its value."""
    callable_here = _callable_here(node, function, scope)
    node, function = as_called(node, function, scope)
    given = given_to(
        node.arguments, [p.name for p in function.parameters], f"`{function.name}`", scope, besides=own_names(function)
    )
    if given is None:
        return faulty(node.span)
    arguments: list[Expr] = []
    for parameter in function.parameters:
        written = given.get(parameter.name)
        if written is not None:
            arguments.append(argument(bare(written), parameter, function, scope))
        else:
            arguments.append(left_out(node, parameter, function, scope))
    if function.kind is Kind.GATE:
        arguments = [
            _as_meant(a, bare(given[p.name]) if p.name in given else None, scope)
            for a, p in zip(arguments, function.parameters, strict=True)
        ]
    if not callable_here or any(a.type == ERROR for a in arguments):
        return faulty(node.span)
    made = typed.FunctionCall(node.span, function.returns, function, tuple(arguments))
    return _worked_out(made, scope)


def _as_meant(argument: Expr, written: tree.Expression | None, scope: Scope) -> Expr:
    """A gate's argument of a wrong type, as it is: that the gate then proves nothing is the finding that matters most."""
    if argument.type != ERROR or written is None:
        return argument
    return replace(scope, book=replace(scope.book, findings=Findings())).typed(written)


def _callable_here(node: Call, function: Function, scope: Scope) -> bool:
    if not scope.hook:
        if function.kind is Kind.PURE and not function.asynchronous and not function.services:
            return True
        scope.findings.add(
            "Q408",
            node.span,
            f"`{function.name}` cannot be called outside of a hook",
            why="the value must be known when the rules load, and this function asks or does something while mail comes in",
            help=f"make it `define NAME() = {function.name}(…)`, or call it in a hook",
        )
        return False
    if scope.hook in function.hooks:
        return True
    scope.findings.add(
        "Q305",
        node.span,
        f"`{function.name}` cannot be called in `{scope.hook}`",
        allowed=f"it can be called {hooks_of(function)}",
        help=f"move the rule to `on {function.hooks[0]}:`",
    )
    return False


def _worked_out(made: typed.FunctionCall, scope: Scope) -> Expr:
    function = made.function
    constant = all(isinstance(a, Const) for a in made.arguments)
    if function.kind is not Kind.PURE or function.asynchronous or function.services or not constant:
        return made
    values: list[Any] = [a.value for a in made.arguments if isinstance(a, Const)]
    try:
        value = function.code(*values)
    except ValueError as error:
        scope.findings.add("Q402", made.span, f"`{function.name}` cannot work with these values: {error}")
        return faulty(made.span)
    written = [
        f'"{a.source}"' if p.file else "…"
        for a, p in zip(made.arguments, function.parameters, strict=True)
        if isinstance(a, Const)
    ]
    return Const(made.span, made.type, value, source=f"{function.name}({', '.join(written)})")


def _put_in_place(node: Call, define: tree.Define, scope: Scope) -> Expr:
    """The body of a `define`, with the arguments as the values of its parameters: it sees no other names of the caller's."""
    name = define.name.text
    scope.book.used_defines.add(name)
    if name in scope.defines:
        return _recursion(node, name, scope)
    params = {p.name.text: p for p in define.params}
    given = given_to(node.arguments, [*params], f"`{name}`", scope)
    if given is None:
        return faulty(node.span)
    values = {key: _bound(node, param, bare(given[key]) if key in given else None, scope) for key, param in params.items()}
    inner = replace(scope, values=values, defines=(*scope.defines, name))
    scope.book.expansions += 1
    if name in scope.book.too_large or scope.book.expansions > PARTS + 1:
        return faulty(node.span)
    endless = scope.book.depth > NESTED or scope.book.expansions > PARTS
    made = faulty(node.span) if endless else inner.typed(define.value)
    if endless or too_large(made):
        return _too_large(node, define, scope)
    return replace(made, span=node.span)


def _too_large(node: Call, define: tree.Define, scope: Scope) -> Expr:
    name = define.name.text
    told = bool(scope.book.too_large)
    scope.book.too_large.add(name)
    if told:  # what becomes too large is mostly made of what has
        return faulty(node.span)
    scope.findings.add(
        "Q213",
        define.name.span,
        f"`{name}` becomes too large: defines in it stand for others, and those for more",
        why=f"a define is put in place wherever it is used, and this one would have more than {PARTS} parts, or too deep ones",
        help="use each define once, and put values to compare with into a list",
        notes=[Note(node.span, "here it is used")],
    )
    return faulty(node.span)


def _bound(node: Call, param: tree.Param, written: tree.Expression | None, scope: Scope) -> Expr:
    name = param.name.text
    if written is None and param.default is None:
        scope.findings.add("Q211", node.span, f"`{name}` is missing", help=f"write `{name} = …`")
        return faulty(node.span)
    if written is None and not isinstance(param.default, tree.Verdict):
        written, scope = param.default, replace(scope, values={})
    kind = declared_type(param.type, scope.book) if param.type else None
    if written is None or kind == ERROR:
        return faulty(node.span)
    return scope.typed(written) if kind is None else wanted_for(name, written, scope, kind)


def _recursion(node: Call, name: str, scope: Scope) -> Expr:
    chain = [*scope.defines[scope.defines.index(name) :], name]
    defines = scope.book.defines
    scope.findings.add(
        "Q208",
        defines[name].name.span,
        f"`{name}` uses itself: " + " → ".join(f"`{link}`" for link in chain),
        why="a `define` is put in place where it is used, and this one would never end",
        help="write out what it stands for",
        notes=[Note(node.span, "here it is used again")],
    )
    return faulty(node.span)
