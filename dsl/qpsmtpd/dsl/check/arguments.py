"""Decides what stands for one parameter of a function: a typed value, a data file's contents, an absolute path, a default."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.constants import known
from qpsmtpd.dsl.check.fitting import wanted
from qpsmtpd.dsl.check.taint import refuse
from qpsmtpd.dsl.check.templates import has_holes, protected, template
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Constant, DataFile, Function, Parameter
from qpsmtpd.dsl.model.types import ERROR, PATH_TEMPLATE, PATTERN, TEXT
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span


def argument(node: tree.Expression, parameter: Parameter, function: Function, scope: Scope) -> Expr:
    """What was written for a parameter."""
    role = f"`{parameter.name}` of `{function.name}`"
    if parameter.file is not None:
        name = _constant(wanted(node, scope, TEXT, role), role, "a file's name", scope)
        return name if name.type == ERROR else _contents(name, parameter, parameter.file, scope)
    if parameter.type == PATH_TEMPLATE:
        return _path(node, role, scope)
    if parameter.type == PATTERN:
        written = replace(scope, book=replace(scope.book, findings=Findings())).typed(node, PATTERN)
        if written.type.same(TEXT) and refuse(written, role, "a pattern", scope):
            return faulty(node.span)
    value = wanted(node, scope, parameter.type, role)
    if value.type == ERROR or not (parameter.path or parameter.constant):
        return value
    becomes = "a path" if parameter.path else "a constant"
    return _fixed(_constant(value, role, becomes, scope), parameter, role, scope)


def _constant(value: Expr, role: str, becomes: str, scope: Scope) -> Const:
    """The value, which must be known when the rules load; that a peer has chosen it is the worse mistake."""
    return faulty(value.span) if refuse(value, role, becomes, scope) else known(value, scope, role)


def _path(node: tree.Expression, role: str, scope: Scope) -> Expr:
    """A path in whose text values may stand, each of which is encoded so that it stays inside of its component."""
    if isinstance(node, tree.Literal) and node.kind == "text" and has_holes(node):
        text = str(node.value)
        folder = "" if text.startswith("/") else scope.book.sources.own_path(".", node.span.file) + "/"
        made = template(node, text, scope, encoded=True)
        if not isinstance(made, typed.Template):
            return made
        return replace(made, type=PATH_TEMPLATE, source=protected(folder) + made.source)
    value = _constant(wanted(node, scope, TEXT, role), role, "a path", scope)
    return value if value.type == ERROR else replace(value, value=_own(value, scope))


def left_out(node: tree.Call, parameter: Parameter, function: Function, scope: Scope) -> Expr:
    """The default of a parameter for which nothing was written."""
    if parameter.required:
        example = f"{parameter.name} = …"
        message = f"`{parameter.name}` of `{function.name}` is missing"
        scope.findings.add("Q211", node.span, message, help=f"write `{function.name}({example})`", why=_summary(function))
        return faulty(node.span)
    default = Const(node.span, parameter.type, parameter.default)
    if parameter.file is not None and isinstance(parameter.default, str):
        return _contents(default, parameter, parameter.file, scope)
    if (parameter.path or parameter.type == PATH_TEMPLATE) and isinstance(parameter.default, str):
        return replace(default, value=_own(default, scope))
    return default


def _summary(function: Function) -> str:
    """What the function answers or does, behind its name."""
    words = function.summary.rstrip(".")
    return f"`{function.name}`: {words[:1].lower()}{words[1:]}"


def _fixed(value: Const, parameter: Parameter, role: str, scope: Scope) -> Expr:
    fault = _fault(value, parameter.constant) if parameter.constant and value.type != ERROR else ""
    if fault:
        scope.findings.add("Q402", value.span, f"{role}: {fault}")
        return faulty(value.span)
    return replace(value, value=_own(value, scope)) if parameter.path and value.type != ERROR else value


def _fault(value: Const, constant: Constant) -> str:
    """What is wrong with the text, or with the first such element of a list."""
    texts = value.value if isinstance(value.value, (tuple, list)) else (value.value,)
    return next((fault for text in texts if (fault := constant.check(str(text)))), "")


def _own(value: Const, scope: Scope) -> str:
    return scope.book.sources.own_path(str(value.value), value.span.file)


def _contents(name: Const, parameter: Parameter, file: DataFile, scope: Scope) -> Expr:
    book, text = scope.book, str(name.value)
    tried = _candidates(text, name.span, scope)
    reasons: list[str] = []
    for path in tried:
        try:
            value = book.sources.data(path, file)
        except OSError as error:
            reasons.append(error.strerror or "it cannot be read")
            continue
        return typed.Const(name.span, parameter.type, value, source=text)
    scope.findings.add(
        "Q701",
        name.span,
        f'the data file "{text}" cannot be read: {reasons[0].lower()}',
        why=f"it was looked for as {' and '.join(tried)}",
        help="create it, or set `config_dir` in `server:` to the folder where it is",
    )
    return faulty(name.span)


def _candidates(text: str, span: Span, scope: Scope) -> list[str]:
    """Where a data file is looked for: in `config_dir`, else beside the file that names it, then beside the main file.

    A shipped file names files that the operator has: none beside itself.
    """
    book = scope.book
    if book.config_dir:
        return [posixpath.join(book.config_dir, text)]
    folders = [posixpath.dirname(book.main), book.sources.folders[book.main]]
    if not book.shipped.has(span.file):
        folders.insert(0, posixpath.dirname(span.file))
    names = [posixpath.join(folder, text) for folder in folders]
    return [*{posixpath.abspath(name): name for name in reversed(names)}.values()][::-1]
