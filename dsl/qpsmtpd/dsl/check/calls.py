"""Decides what a call means: a function of the library with every parameter filled in, or a `define` put in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.arguments import argument, left_out
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.extent import NESTED, PARTS, too_large
from qpsmtpd.dsl.check.failing import as_called, own_names
from qpsmtpd.dsl.check.fitting import wanted
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.unsupported import LATER_FUNCTIONS, later
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.functions import Function, Kind
from qpsmtpd.dsl.model.hooks import ORDER, Readable
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Call, Name


def call(node: Call, scope: Scope) -> Expr:
    """A call that is a value."""
    if not isinstance(node.of, Name):
        later(scope.findings, node.span, "a call of anything but a function's name")
        return faulty(node.span)
    name = node.of.text
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
        later(scope.findings, node.span, "a call of anything but a function's name")
        return None
    name = node.of.text
    function = None if name in scope.book.defines else _function(node.of, scope)
    if name in scope.book.defines or (function and function.kind not in (Kind.EFFECT, Kind.DELIVERY)):
        scope.findings.add(
            "Q410",
            node.span,
            f"`{name}` only answers a question, and nothing is done with the answer",
            help=f"write `if {name}(…) …`, or `let x = {name}(…)`",
        )
        return None
    made = function_call(node, function, scope) if function else None
    return made if isinstance(made, typed.FunctionCall) else None


def _function(name: Name, scope: Scope) -> Function | None:
    book = scope.book
    if name.text in book.catalogue:
        return book.catalogue[name.text]
    if name.text in book.lets or name.text in scope.values:
        scope.findings.add(
            "Q202", name.span, f"`{name.text}` is a value, not a function", help=f"write `{name.text}` without brackets"
        )
        return None
    if name.text in LATER_FUNCTIONS:
        later(scope.findings, name.span, f"`{name.text}`")
        return None
    names = [*book.catalogue, *book.defines]
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
    given = _given(node, [p.name for p in function.parameters], f"`{function.name}`", scope, own_names(function))
    if given is None:
        return faulty(node.span)
    arguments: list[Expr] = []
    for parameter in function.parameters:
        written = given.get(parameter.name)
        if written is not None:
            arguments.append(argument(written, parameter, function, scope))
        else:
            arguments.append(left_out(node, parameter, function, scope))
    if function.kind is Kind.GATE:
        arguments = [_as_meant(a, given.get(p.name), scope) for a, p in zip(arguments, function.parameters, strict=True)]
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
    first, last = ("queue", "queue") if function.kind is Kind.DELIVERY else (function.since, function.until)
    if ORDER.index(first) <= ORDER.index(scope.hook) <= ORDER.index(last):
        return True
    where = f"in `{first}`" if first == last else f"from `{first}` to `{last}`"
    scope.findings.add(
        "Q305",
        node.span,
        f"`{function.name}` cannot be called in `{scope.hook}`",
        allowed=f"it can be called {where}",
        help=f"move the rule to `on {first}:`",
    )
    return False


def _given(
    node: Call, names: list[str], whose: str, scope: Scope, besides: tuple[str, ...] = ()
) -> dict[str, tree.Expression] | None:
    """Which argument was written for which parameter; None when they cannot be told apart.

    `besides` are names that were taken already, for what is said of a wrong one.
    """
    given: dict[str, tree.Expression] = {}
    good = True
    for position, written in enumerate(node.arguments):
        name = written.name.text if written.name else names[position] if position < len(names) else ""
        if isinstance(written.value, tree.Verdict):
            later(scope.findings, written.span, "a verdict as an argument")
            good = False
        elif written.name is None and not name:
            most = f"takes {len(names)} argument{'s' * (len(names) != 1)}" if names else "takes no arguments"
            scope.findings.add("Q211", written.span, f"this argument is too many: {whose} {most}", allowed=words(names, "and"))
            return None
        elif name not in names:
            span = written.name.span if written.name else written.span
            known = [*names, *besides]
            allowed = f"its parameters are {words(known, 'and')}" if known else "it has no parameters"
            scope.findings.add("Q210", span, f"{whose} has no parameter `{name}`", allowed=allowed, help=suggestion(name, known))
            good = False
        elif name in given:
            scope.findings.add("Q211", written.span, f"`{name}` of {whose} is given twice")
            good = False
        else:
            given[name] = written.value
    return given if good else None


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
    given = _given(node, [*params], f"`{name}`", scope)
    if given is None:
        return faulty(node.span)
    values = {key: _bound(node, param, given.get(key), scope) for key, param in params.items()}
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
    return scope.typed(written) if kind is None else wanted(written, scope, kind, f"`{name}`")


def _recursion(node: Call, name: str, scope: Scope) -> Expr:
    chain = [*scope.defines[scope.defines.index(name) :], name]
    defines = scope.book.defines
    scope.findings.add(
        "Q208",
        defines[name].name.span,
        f"`{name}` uses itself: " + " → ".join(f"`{link}`" for link in chain),
        why="a `define` is put in place where it is used, and this one would never end",
        notes=[Note(node.span, "here it is used again")],
    )
    return faulty(node.span)
