"""Decides how a call may fail: the deadline and the failure policy that the rules give it, instead of the declared ones.

`timeout =` and `on_error =` are arguments of every lookup, besides its own parameters. What comes out is the function as
this call has it, so that whoever asks a call how it fails is told what the rules say.
"""

from __future__ import annotations

from dataclasses import replace

from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.constants import known
from qpsmtpd.dsl.check.fitting import wanted
from qpsmtpd.dsl.check.typed import Const
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.functions import Function, OnError
from qpsmtpd.dsl.model.types import DURATION, ERROR
from qpsmtpd.dsl.syntax import tree

_POLICIES = {policy.value: policy for policy in OnError}


def own_names(function: Function) -> tuple[str, ...]:
    """The names that a call of this function takes besides its parameters."""
    names = (("timeout",) if function.timeout is not None else ()) + (("on_error",) if function.may_fail else ())
    return tuple(name for name in names if function.parameter(name) is None)


def as_called(node: tree.Call, function: Function, scope: Scope) -> tuple[tree.Call, Function]:
    """The call without these arguments, and the function with what they say."""
    names = own_names(function)
    rest = [a for a in node.arguments if a.name is None or a.name.text not in names]
    for argument in node.arguments:
        name = argument.name.text if argument.name is not None else ""
        settle = _SETTLED.get(name)
        if settle is not None and name in names:
            function = settle(argument.value, function, scope)
    return replace(node, arguments=tuple(rest)), function


def _timeout(value: tree.Expression | tree.Verdict, function: Function, scope: Scope) -> Function:
    role = f"`timeout` of `{function.name}`"
    if isinstance(value, tree.Verdict):
        scope.findings.add("Q401", value.span, f"{role} must be a duration, as in `timeout = 5s`")
        return function
    seconds = wanted(value, scope, DURATION, role)
    constant = known(seconds, scope, role) if seconds.type != ERROR else seconds
    if not isinstance(constant, Const) or constant.type == ERROR:
        return function
    if constant.value <= 0:
        scope.findings.add("Q409", value.span, f"{role} must be more than zero")
        return function
    return replace(function, timeout=constant.value)


def _policy(value: tree.Expression | tree.Verdict, function: Function, scope: Scope) -> Function:
    word = _word(value)
    if word in _POLICIES:
        return replace(function, on_error=_POLICIES[word])
    scope.findings.add(
        "Q409",
        value.span,
        f"`on_error` of `{function.name}` must be `unknown` or `defer`",
        why="when the answer does not come, the statement does nothing (`unknown`), or the client is asked to try again (`defer`)",
        allowed="`on_error = unknown`, `on_error = defer`",
        help=suggestion(word, _POLICIES),
    )
    return function


def _word(value: tree.Expression | tree.Verdict) -> str:
    """A bare word, also one that is a verdict elsewhere, or a text."""
    match value:
        case tree.Verdict(code=None, enhanced=None, message=None, at=None):
            return value.verb.text
        case tree.Name():
            return value.text
        case tree.Literal(kind="text"):
            return str(value.value)
    return ""


_SETTLED = {"timeout": _timeout, "on_error": _policy}
